import { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import { ViewChanges } from '../../src/indexer/changes.ts';
import { executionId } from '../../src/model/ids.ts';
import type { Promised } from './client.ts';
import type { HappenedEvent, History } from './history.ts';
import type { Outside } from './outside.ts';

/**
 * What must be true at the end of any history (quality.md, "Faults"): every acknowledged start has ended,
 * exactly once; each effect happened, under one key a task run; each history is legal and its public numbers
 * are gapless; and the views that lived through it all equal a replay from the start.
 */
export async function check(
  history: History,
  promised: Promised,
  outside: Outside,
  views: SqliteViews,
): Promise<readonly string[]> {
  return [
    ...history.problems,
    ...checkPromises(history, promised),
    ...[...history.byExecution].flatMap(([id, events]) => checkHistory(id, events)),
    ...checkPublic(history),
    ...checkEffects(history, outside),
    ...(await checkViews(history, views)),
  ];
}

function checkPromises(history: History, { ids, keys, foreign }: Promised): readonly string[] {
  const problems: string[] = [];
  const created = history.events.filter(({ event }) => event.type === 'execution.created');
  for (const id of ids) {
    if (!history.hasEnded(id)) problems.push(`${id} was acknowledged and has not ended`);
  }
  const keyed = new Set<string>();
  for (const [key, candidates] of keys) {
    const executions = [...candidates].filter((id) => history.byExecution.has(id));
    if (executions.length !== 1) problems.push(`key ${key} made ${executions.length} executions`);
    for (const id of candidates) keyed.add(id);
    for (const id of executions) if (!history.hasEnded(id)) problems.push(`${id} has not ended`);
  }
  const others = created.filter(
    ({ event }) =>
      event.type === 'execution.created' &&
      event.trigger.type === 'start' &&
      !keyed.has(event.execution),
  );
  if (others.length < foreign)
    problems.push(`${foreign} foreign starts made ${others.length} executions`);
  return problems;
}

function checkHistory(id: string, events: readonly HappenedEvent[]): readonly string[] {
  const problems: string[] = [];
  const types = events.map(({ event }) => event.type);
  if (types[0] !== 'execution.created') problems.push(`${id} begins with ${types[0] ?? 'nothing'}`);
  for (const once of ['execution.created', 'execution.ended'] as const) {
    const count = types.filter((type) => type === once).length;
    if (count !== 1) problems.push(`${id} has ${count} ${once}`);
  }
  if (types.at(-1) !== 'execution.ended') problems.push(`${id} goes on after its end`);
  let seq = 0;
  let time = 0;
  const ended = new Set<number>();
  for (const { event } of events) {
    if (event.time < time) problems.push(`${id}: time goes back at ${event.type}`);
    time = event.time;
    if ('seq' in event) {
      seq += 1;
      if (event.seq !== seq) problems.push(`${id}: seq ${event.seq} instead of ${seq}`);
    }
    if ('run' in event && ended.has(event.run))
      problems.push(`${id}: run ${event.run} after its end`);
    if (event.type === 'task.ended') ended.add(event.run);
  }
  return problems;
}

/** In order for each execution, whole, and repeats equal to what they repeat. */
function checkPublic(history: History): readonly string[] {
  const problems: string[] = [];
  const seen = new Map<string, Map<number, string>>();
  for (const { headers, value } of history.publicRecords) {
    const [id = '', seqText] = (headers['ce_id'] ?? '').split('/');
    const seq = Number(seqText);
    const records = seen.get(id) ?? new Map<number, string>();
    seen.set(id, records);
    const known = records.get(seq);
    if (known === undefined && seq !== records.size + 1) {
      problems.push(`public record ${id}/${seq} comes after ${records.size} others`);
    }
    if (known !== undefined && known !== value) problems.push(`public record ${id}/${seq} differs`);
    records.set(seq, value ?? '');
  }
  for (const [id, events] of history.byExecution) {
    const expected = events.filter(({ event }) => 'seq' in event).length;
    const got = seen.get(id)?.size ?? 0;
    if (got !== expected) problems.push(`${id} has ${got} public records instead of ${expected}`);
  }
  for (const id of seen.keys()) {
    if (!history.byExecution.has(id)) problems.push(`public records of ${id}, which never was`);
  }
  return problems;
}

function checkEffects(history: History, outside: Outside): readonly string[] {
  const problems: string[] = [];
  const scheduled = new Map<string, string>();
  for (const { event } of history.events) {
    if (event.type !== 'task.scheduled') continue;
    const run = `${event.execution}-${event.run}`;
    const former = scheduled.get(run);
    if (former !== undefined && former !== event.idempotencyKey) {
      problems.push(`${run} was handed out under two keys`);
    }
    scheduled.set(run, event.idempotencyKey);
  }
  for (const [key, { taskRun }] of outside.effects) {
    if (scheduled.get(taskRun) !== key)
      problems.push(`effect ${key} of a run that was never scheduled`);
  }
  for (const { event } of history.events) {
    if (event.type !== 'task.ended' || event.taskType !== 'sim.work') continue;
    if (event.state !== 'SUCCESS') continue;
    const key = scheduled.get(`${event.execution}-${event.run}`);
    if (key === undefined || !outside.effects.has(key)) {
      problems.push(`${event.execution}-${event.run} succeeded without its effect`);
    }
  }
  return problems;
}

async function checkViews(history: History, lived: SqliteViews): Promise<readonly string[]> {
  const changes = new ViewChanges();
  for (const { event, offset } of history.events) changes.add(event, offset);
  const replayed = new SqliteViews(':memory:');
  await replayed.write(changes.batch());
  const problems: string[] = [];
  for (const id of history.byExecution.keys()) {
    const execution = executionId(id);
    const [one, other] = await Promise.all([rowsOf(lived, execution), rowsOf(replayed, execution)]);
    if (one !== other) problems.push(`the view of ${id} is\n${one}\ninstead of\n${other}`);
  }
  await replayed.close();
  return problems;
}

async function rowsOf(views: SqliteViews, id: ReturnType<typeof executionId>): Promise<string> {
  const runs = await views.taskRuns(id, { limit: 1_000 });
  return JSON.stringify({ execution: await views.execution(id), runs });
}
