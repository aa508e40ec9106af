import type { Api } from './api.ts';
import type { Promised, PromisedStart } from './client.ts';
import type { AskedStart, History } from './history.ts';

/** Every record of `starts`, acknowledged or not, has led to one execution that has ended. */
export function checkStarts(history: History): readonly string[] {
  const problems: string[] = [];
  const rejected = new Set<string>();
  const byKey = new Map<string, Set<string>>();
  for (const { event } of history.events) {
    if (event.type === 'start.rejected') rejected.add(event.requestedId ?? '');
    if (event.type !== 'execution.created' || event.idempotencyKey === undefined) continue;
    const executions = byKey.get(event.idempotencyKey) ?? new Set();
    byKey.set(event.idempotencyKey, executions.add(event.execution));
  }
  for (const { start, id, partition, offset } of history.starts) {
    // Why it was rejected is for `checkFailures` to judge.
    if (rejected.has(id)) continue;
    if (history.leftOut.has(id) && !history.byExecution.has(id)) continue;
    const { idempotencyKey: key } = start;
    const executions = key === undefined ? [id] : [...(byKey.get(key) ?? [])];
    if (executions.length !== 1) {
      problems.push(`the key ${key ?? ''} made ${executions.length} executions`);
    }
    for (const execution of executions) {
      if (history.hasEnded(execution)) continue;
      problems.push(`${execution} of starts/${partition}/${offset} has not ended`);
    }
  }
  return problems;
}

/** What clients were told is so. */
export function checkPromises(
  history: History,
  promised: Promised,
  api: Api | undefined,
): readonly string[] {
  const problems: string[] = [];
  const places = new Set(history.starts.map(placeOf));
  for (const record of promised.records) {
    if (!places.has(placeOf(record)))
      problems.push(`${placeOf(record)} was acknowledged and is not`);
  }
  for (const start of promised.starts) problems.push(...checkPromise(history, start, api));
  const answers = new Set<string>();
  for (const { event } of history.events) {
    const replyTo = 'replyTo' in event.cause ? event.cause.replyTo : undefined;
    if (replyTo === undefined || event.type === 'command.held') continue;
    answers.add(`${replyTo.requester}/${replyTo.request}`);
  }
  for (const { requester, request } of promised.commands) {
    if (answers.has(`${requester}/${request}`)) continue;
    problems.push(`the command ${requester}/${request} was never answered`);
  }
  return problems;
}

function checkPromise(
  history: History,
  { execution, flow, flowsOffset, duplicate, ended, api: teller }: PromisedStart,
  api: Api | undefined,
): readonly string[] {
  if (!history.hasEnded(execution)) return [`${execution} was promised and has not ended`];
  if (duplicate) return [];
  const problems: string[] = [];
  const created = history.byExecution.get(execution)?.[0]?.event;
  const head = history.revisions.get(flow)?.findLast(({ offset }) => offset < flowsOffset);
  if (created?.type === 'execution.created' && created.flowOffset !== head?.offset) {
    problems.push(
      `${execution} runs the revision at ${created.flowOffset}, not that at ${head?.offset ?? '?'}`,
    );
  }
  if (teller === api && !ended) problems.push(`nobody was told that ${execution} has ended`);
  return problems;
}

function placeOf({ partition, offset }: Pick<AskedStart, 'partition' | 'offset'>): string {
  return `starts/${partition}/${offset}`;
}
