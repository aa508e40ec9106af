import type { HappenedEvent } from './history.ts';

interface Attempts {
  attempt: number;
  /** Number of the idempotency key, and the key while what it was used for may have happened. */
  keyNumber: number;
  unknown: boolean;
  key: string | undefined;
  waitsUntilMs: number | undefined;
}

/**
 * Attempts of a run are counted without gaps, and none begins before its time. Their key stays as long as it is
 * not known whether what it stands for has happened, and is another one after a definite answer.
 */
export function checkRetries(id: string, events: readonly HappenedEvent[]): readonly string[] {
  const problems: string[] = [];
  const runs = new Map<number, Attempts>();
  for (const { event } of events) {
    if (!('attempt' in event)) continue;
    const { run, attempt, type } = event;
    const known = runs.get(run) ?? begun();
    runs.set(run, known);
    const at = `${id}: ${type} of run ${run}`;
    if (known.waitsUntilMs !== undefined && type !== 'task.ended') {
      if (event.time < known.waitsUntilMs) problems.push(`${at} before its time`);
      known.attempt += 1;
      known.waitsUntilMs = undefined;
    }
    const isLate = known.waitsUntilMs !== undefined && type === 'task.ended';
    if (!isLate && attempt !== known.attempt) {
      problems.push(`${at} is attempt ${attempt} instead of ${known.attempt}`);
    }
    if (type === 'task.scheduled') {
      const same = event.idempotencyKey === known.key;
      if (known.key !== undefined && known.unknown !== same) problems.push(`${at}: its key`);
      known.key = event.idempotencyKey;
      known.unknown = true;
    }
    if (type !== 'task.retrying') continue;
    known.unknown = event.outcome === 'unknown';
    known.waitsUntilMs = event.untilMs;
    const number = known.keyNumber + (known.unknown ? 0 : 1);
    if (event.keyNumber !== number) problems.push(`${at}: key ${event.keyNumber}, not ${number}`);
    known.keyNumber = event.keyNumber;
  }
  return problems;
}

function begun(): Attempts {
  return { attempt: 1, keyNumber: 1, unknown: true, key: undefined, waitsUntilMs: undefined };
}
