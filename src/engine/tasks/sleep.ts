import { parseDuration } from '../../support/duration.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import { invalidProperty, type SleepTask, type UntilResult } from './executor-task.ts';
import { executorType, templated } from './task-type.ts';

/** Waits, without holding a worker. */
export const sleep: SleepTask = {
  kind: 'sleep',
  type: executorType('sleep', {
    title: 'Sleep',
    description: 'Waits. Give `duration` or `until`; it holds no worker, and survives restarts.',
    properties: {
      duration: templated(
        { type: 'string', 'x-format': 'duration' },
        'Such as `30s`, `5m`, `2h`, `1d`, or ISO 8601.',
      ),
      until: templated(
        { type: 'string' },
        'A date and time with its zone, such as `2026-01-31T09:00:00Z`. A past one does not wait.',
      ),
    },
  }),
  until,
};

/** Beyond it JavaScript's dates end. */
const LATEST_MS = 8_640_000_000_000_000;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

function until({ duration, until: date }: JsonObject, nowMs: number): UntilResult {
  if ((duration === undefined) === (date === undefined)) {
    return invalidProperty('duration', 'given, or `until` instead, but not both');
  }
  return duration === undefined ? untilDate(date) : afterDuration(duration, nowMs);
}

function afterDuration(duration: Json, nowMs: number): UntilResult {
  const milliseconds = typeof duration === 'string' ? parseDuration(duration) : undefined;
  if (milliseconds === undefined || nowMs + milliseconds > LATEST_MS) {
    return invalidProperty(
      'duration',
      'a duration, such as `30s`, `5m`, `2h` or `PT1H30M`',
      duration,
    );
  }
  return { ok: true, untilMs: nowMs + milliseconds };
}

function untilDate(date: Json | undefined): UntilResult {
  const untilMs = typeof date === 'string' && DATE_TIME.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(untilMs)) {
    return invalidProperty(
      'until',
      'a date and time with its zone, such as 2026-01-31T09:00:00Z',
      date,
    );
  }
  return { ok: true, untilMs: Math.max(0, Math.ceil(untilMs)) };
}
