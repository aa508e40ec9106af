/**
 * A poll trigger at its owner: looks, and looks again after `interval`, one look at a time. What it finds carries
 * keys, so a look that was cut off, or that two processes do at once, starts nothing twice.
 */
import type { PollContext } from '../plugin/index.ts';
import { sleep } from '../ports/clock.ts';
import { parseDuration } from '../support/duration.ts';
import { isJsonObject, type JsonObject } from '../support/json.ts';
import { pluginContext, type RunContext } from './run-context.ts';

const INTERVAL_MS_DEFAULT = 60_000;
const INTERVAL_MS_MIN = 1_000;

/** Runs until the signal aborts. @throws what a look throws. */
export async function runPoll(run: RunContext<'poll'>, properties: JsonObject): Promise<void> {
  const { target, services, signal, report, store } = run;
  const { clock } = services;
  const intervalMs = intervalOf(properties);
  // Another owner may have looked a moment ago; a late look is better than one too many at each take-over.
  const lastMs = lastLookOf(store.state());
  const since = lastMs === undefined ? intervalMs : Math.max(0, clock.now() - lastMs);
  let waitMs = Math.max(0, intervalMs - since);
  while (!signal.aborted) {
    report.nextFire(clock.now() + waitMs);
    await sleep(clock, waitMs, signal);
    if (signal.aborted) return;
    const beganMs = clock.now();
    await target.trigger.poll(properties, contextOf(run, beganMs));
    report.state('RUNNING');
    waitMs = intervalMs;
  }
}

export function intervalOf({ interval }: JsonObject): number {
  const given = typeof interval === 'string' ? parseDuration(interval) : undefined;
  return Math.max(INTERVAL_MS_MIN, given ?? INTERVAL_MS_DEFAULT);
}

/** What the plugin saves is kept apart from what the shell knows. */
function contextOf(run: RunContext<'poll'>, beganMs: number): PollContext {
  const { services, target, delivery, report, store, masker, signal } = run;
  const { clock } = services;
  return {
    ...pluginContext(services, target, masker, signal),
    state: pluginState(store.state()),
    async emit({ fields, idempotencyKey, subject }) {
      const origin = { topic: 'poll', partition: 0, offset: 0 };
      const event = { fields, idempotencyKey, subject, timeMs: clock.now(), origin };
      const result = await delivery.keyed(event);
      if (result === 'started') report.fired(clock.now());
      return result;
    },
    save: (state) => store.save({ plugin: state, lookedMs: beganMs }),
    report({ waiting }) {
      if (waiting === undefined) report.state('RUNNING');
      else report.state('WAITING', masker.text(waiting));
    },
  };
}

export function pluginState(state: JsonObject | undefined): JsonObject | undefined {
  const own = state?.['plugin'];
  return isJsonObject(own) ? own : undefined;
}

function lastLookOf(state: JsonObject | undefined): number | undefined {
  const lookedMs = state?.['lookedMs'];
  return typeof lookedMs === 'number' ? lookedMs : undefined;
}
