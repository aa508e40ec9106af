import { limits } from '../../model/limits.ts';
import { parseDuration } from '../../support/duration.ts';
import type { JsonObject } from '../../support/json.ts';
import type { RetryDelay, RetryPolicy } from '../definition.ts';
import type { Findings } from '../findings.ts';
import { childOf, type LocatedMap } from '../parse/located-node.ts';
import { textOf } from './declarations.ts';

const DEFAULT_FACTOR = 2;

/**
 * `retry` of a task, where it has one. Of an invalid one, which validation has reported, it is what could be
 * read. Reports what a schema cannot see: delays of nothing, and bounds that contradict each other.
 */
export function retryOf(task: LocatedMap, findings: Findings): RetryPolicy | undefined {
  const retry = childOf(task, 'retry');
  if (retry?.kind !== 'map') return undefined;
  checkDelays(textOf(task.value['id']), retry, findings);
  const { maxAttempts } = retry.value;
  const maxDurationMs = durationMs(retry.value, 'maxDuration');
  return {
    delay: delayOf(retry.value),
    // Where only time ends it, this does all the same.
    maxAttempts: typeof maxAttempts === 'number' ? maxAttempts : limits.retryAttempts.value,
    ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
  };
}

function delayOf(retry: JsonObject): RetryDelay {
  const delay = (property: string): number => durationMs(retry, property) ?? 1;
  const { type, factor } = retry;
  switch (type) {
    case 'exponential': {
      const maxIntervalMs = durationMs(retry, 'maxInterval');
      return {
        type,
        intervalMs: delay('interval'),
        ...(maxIntervalMs === undefined ? {} : { maxIntervalMs }),
        factor: typeof factor === 'number' ? factor : DEFAULT_FACTOR,
      };
    }
    case 'random': {
      const [minIntervalMs, maxIntervalMs] = [delay('minInterval'), delay('maxInterval')];
      return { type, minIntervalMs, maxIntervalMs };
    }
    default:
      return { type: 'constant', intervalMs: delay('interval') };
  }
}

function checkDelays(task: string, retry: LocatedMap, findings: Findings): void {
  // An attempt that fails at once, again and again without a delay, would never let time pass.
  for (const property of ['interval', 'minInterval']) {
    if (durationMs(retry.value, property) !== 0) continue;
    complain(property, 'must be more than 0', 'The shortest delay is 1ms.');
  }
  const shortest = retry.value['type'] === 'random' ? 'minInterval' : 'interval';
  const [from, to] = [durationMs(retry.value, shortest), durationMs(retry.value, 'maxInterval')];
  if (from === undefined || to === undefined || from <= to) return;
  complain('maxInterval', `must not be shorter than \`${shortest}\``);

  function complain(property: string, wanted: string, hint?: string): void {
    const { span } = childOf(retry, property) ?? retry;
    const message = `\`retry.${property}\` of task \`${task}\` ${wanted}`;
    findings.add('property-invalid', span, message, { hint });
  }
}

function durationMs(retry: JsonObject, property: string): number | undefined {
  const value = retry[property];
  return typeof value === 'string' ? parseDuration(value) : undefined;
}
