import type { History } from './history.ts';
import type { HeardRecord, Listening } from './listening.ts';
import { heardTopic } from './listens.ts';
import { placeOf } from './trigger-fates.ts';

/** A due time so long before the schedule's end was fired, whoever had it when peace began. */
const FIRED_WITHIN_MS = 15_000;

/**
 * Each record of the topic came to its fate, and to one; each due time started at most one execution, and was passed
 * over only where the flow says so and a decision tells it.
 */
export function checkTriggers(listening: Listening, history: History): readonly string[] {
  listening.fates.read(history);
  return [...checkRecords(listening), ...checkFired(listening), ...checkPassedOver(listening)];
}

function checkRecords({ records, fates }: Listening): readonly string[] {
  const problems = records.flatMap((record) =>
    checkRecord(record, fates).map(
      (problem) => `${record.kind} record ${heardTopic}/${placeOf(record)} ${problem}`,
    ),
  );
  const places = new Set(records.map(placeOf));
  for (const place of fates.started.keys()) {
    if (!places.has(place)) problems.push(`${heardTopic}/${place} was started, and is no record`);
  }
  return problems;
}

function checkRecord(record: HeardRecord, fates: Listening['fates']): readonly string[] {
  const { kind } = record;
  const problems: string[] = [];
  const executions = fates.started.get(placeOf(record))?.length ?? 0;
  const letters = fates.deadLetters.get(placeOf(record))?.length ?? 0;
  const wanted = kind === 'starts' ? 1 : 0;
  if (executions !== wanted) problems.push(`led to ${executions} executions`);
  if (letters > 0 !== (kind === 'undecodable')) problems.push(`is ${letters} dead letters`);
  if (kind !== 'starts' && !isDecided(record, fates)) problems.push('led to no decision');
  return problems;
}

/** Of many alike, the first are told one by one. */
function isDecided(
  { kind, partition, offset }: HeardRecord,
  { decisions }: Listening['fates'],
): boolean {
  return decisions.some(({ reason, origin, count }) => {
    if (origin.topic !== heardTopic || (reason === 'filtered') !== (kind === 'filtered')) {
      return false;
    }
    return count !== undefined || (origin.partition === partition && origin.offset === offset);
  });
}

function checkFired({ fates, plan }: Listening): readonly string[] {
  const problems: string[] = [];
  for (const [dueMs, executions] of fates.fired) {
    if (executions.length > 1) {
      problems.push(`the due time ${text(dueMs)} led to ${executions.length} executions`);
    }
    if (dueMs % plan.everyMs !== 0) problems.push(`${text(dueMs)} is no due time`);
  }
  return problems;
}

/** From where the schedule was surely known to its end. */
function checkPassedOver({ fates, plan, removedMs, skews }: Listening): readonly string[] {
  const beganMs = fates.beganMs;
  if (beganMs === undefined) return ['the schedule never began'];
  if (removedMs === undefined) return [];
  const problems: string[] = [];
  const { missed } = fates;
  if (missed.length > 0 && plan.misses === 'all') problems.push('a due time was missed');
  const surelyMs = removedMs + Math.min(...skews) - FIRED_WITHIN_MS;
  const lastMs = Math.max(surelyMs, ...fates.fired.keys());
  const { everyMs } = plan;
  for (
    let dueMs = everyMs * (Math.floor(beganMs / everyMs) + 1);
    dueMs <= lastMs;
    dueMs += everyMs
  ) {
    if (fates.fired.has(dueMs)) continue;
    if (fates.isMissed(dueMs)) continue;
    problems.push(`the due time ${text(dueMs)} was neither fired nor told as missed`);
  }
  return problems;
}

function text(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
