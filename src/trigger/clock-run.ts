/**
 * A clock trigger at its owner: fires each due time once.
 *
 * What has been fired is state, saved after the start is acknowledged; due times follow from it and the properties
 * alone. So whoever takes the trigger over, after a kill or beside a former owner that does not know yet, fires the
 * same due times under the same positions, and the executor takes each once. The machine's clock only says when:
 * it is looked at often, never counted on. When it goes back, what was fired stays fired; when it jumps ahead, the
 * due times between are fired or missed as after a stand-still.
 */
import { partitionOf } from '../model/ids.ts';
import { triggerSource } from '../model/triggers.ts';
import type { ClockTrigger } from '../plugin/index.ts';
import { sleep } from '../ports/clock.ts';
import type { JsonObject } from '../support/json.ts';
import { type ClockPolicies, dueAfter, type Due, type DueTimes } from './due-times.ts';
import type { PlacedEvent } from './delivery.ts';
import { firedUntil } from './fired-until.ts';
import type { RunContext } from './run-context.ts';
import { SourceLine } from './sequenced-starts.ts';
import type { TriggerTarget } from './target.ts';

/** The clock is looked at at least so often, since it may be set. */
const LOOK_MS = 5_000;

interface ClockRun extends RunContext<'clock'> {
  readonly properties: JsonObject;
  readonly policies: ClockPolicies;
}

/** Runs until the signal aborts. @throws what keeps it from firing. */
export async function runClock(run: RunContext<'clock'>, properties: JsonObject): Promise<void> {
  const { target, services, signal, store } = run;
  const problem = target.trigger.check?.(properties);
  if (problem !== undefined) throw new Error(problem);
  const { clock } = services;
  const clockRun = { ...run, properties, policies: policiesOf(properties) };
  const known = store.state();
  let firedMs = firedUntil({
    state: known,
    target,
    registry: services.flows.registry,
    enabledMs: services.board.switchOf(target.key)?.timeMs,
    nowMs: clock.now(),
  });
  if (firedMs !== known?.['firedMs']) await save(clockRun, firedMs);
  const line = new SourceLine(services.sequenced, signal);
  const times = timesOf(target, properties);
  while (!signal.aborted) {
    const now = clock.now();
    const due = dueAfter(times, firedMs, now, clockRun.policies);
    if (due.missed !== undefined) {
      firedMs = due.missed.untilMs;
      await noteMissed(clockRun, due.missed);
      if (due.dueMs === undefined || due.dueMs > now) await save(clockRun, firedMs);
    }
    const { dueMs } = due;
    run.report.nextFire(dueMs);
    if (dueMs !== undefined && dueMs <= now) {
      await fire(clockRun, line, dueMs);
      firedMs = dueMs;
      await save(clockRun, firedMs);
    } else {
      await sleep(clock, dueMs === undefined ? LOOK_MS : Math.min(dueMs - now, LOOK_MS), signal);
    }
  }
}

export function policiesOf({ misses, overlap }: JsonObject): ClockPolicies {
  return {
    misses: misses === 'none' || misses === 'all' ? misses : 'last',
    overlap: overlap === 'skip' ? 'skip' : 'allow',
  };
}

/** What a flow sees under `trigger` at a due time. */
export function clockFields(
  trigger: ClockTrigger,
  properties: JsonObject,
  dueMs: number,
): JsonObject {
  const text = (timeMs: number | undefined): string | null =>
    timeMs === undefined ? null : timeText(trigger, properties, timeMs);
  return {
    date: text(dueMs),
    next: text(trigger.next(properties, dueMs)),
    previous: text(trigger.previous(properties, dueMs)),
  };
}

function timeText(trigger: ClockTrigger, properties: JsonObject, timeMs: number): string {
  return trigger.format?.(properties, timeMs) ?? new Date(timeMs).toISOString();
}

/** The same question is asked at every look, and costs a plugin more than a look. */
function timesOf({ trigger }: TriggerTarget<'clock'>, properties: JsonObject): DueTimes {
  let asked: { readonly afterMs: number; readonly dueMs: number | undefined } | undefined;
  return {
    next(afterMs) {
      if (asked?.afterMs !== afterMs) {
        asked = { afterMs, dueMs: trigger.next(properties, afterMs) };
      }
      return asked.dueMs;
    },
    previous: (beforeMs) => trigger.previous(properties, beforeMs),
  };
}

/** All of a clock's starts go to one partition: it takes them in their order, and knows which of them live. */
async function fire(run: ClockRun, line: SourceLine, dueMs: number): Promise<void> {
  const { target, services, delivery, properties, policies, report } = run;
  const event: PlacedEvent = {
    fields: clockFields(target.trigger, properties, dueMs),
    subject: timeText(target.trigger, properties, dueMs),
    timeMs: dueMs,
    origin: originOf(dueMs),
  };
  const result = await delivery.sequenced(event, {
    line,
    position: { id: triggerSource(target.key), sequence: dueMs },
    partition: partitionOf(target.key, services.log.partitions),
    ...(policies.overlap === 'skip' ? { overlap: 'skip' } : {}),
  });
  if (result === 'started') report.fired(services.clock.now());
}

function noteMissed(
  { delivery, target, properties }: ClockRun,
  { count, fromMs, untilMs, isMore }: NonNullable<Due['missed']>,
): Promise<void> {
  const text = (timeMs: number): string => timeText(target.trigger, properties, timeMs);
  const times = count === 1 ? 'due time' : 'due times';
  const from = count === 1 ? '' : `${text(fromMs)} to `;
  const message = `${isMore ? 'more than ' : ''}${count} ${times} passed while nothing could fire: ${from}${text(untilMs)}`;
  return delivery.note('missed', message, originOf(untilMs));
}

function originOf(dueMs: number): PlacedEvent['origin'] {
  return { topic: 'clock', partition: 0, offset: dueMs };
}

function save({ store, target }: ClockRun, firedMs: number): Promise<void> {
  return store.save({ firedMs, revision: target.flow.revision });
}
