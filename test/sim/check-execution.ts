import type { Event } from '../../src/model/events.ts';
import { checkRetries } from './check-retries.ts';
import type { HappenedEvent } from './history.ts';

const begins = new Set<Event['type']>(['block.opened', 'task.scheduled', 'task.sleeping']);

/** The history of one execution is legal. */
export function checkExecution(id: string, events: readonly HappenedEvent[]): readonly string[] {
  return [
    ...checkFrame(id, events),
    ...checkOrder(id, events),
    ...checkRuns(id, events),
    ...checkRetries(id, events),
  ];
}

function checkFrame(id: string, events: readonly HappenedEvent[]): readonly string[] {
  const problems: string[] = [];
  const types = events.map(({ event }) => event.type);
  if (types[0] !== 'execution.created') problems.push(`${id} begins with ${types[0] ?? 'nothing'}`);
  for (const once of ['execution.created', 'execution.ended'] as const) {
    const count = types.filter((type) => type === once).length;
    if (count !== 1) problems.push(`${id} has ${count} ${once}`);
  }
  if (types.at(-1) !== 'execution.ended') problems.push(`${id} goes on after its end`);
  if (new Set(events.map(({ partition }) => partition)).size > 1) {
    problems.push(`${id} is in two partitions`);
  }
  return problems;
}

function checkOrder(id: string, events: readonly HappenedEvent[]): readonly string[] {
  const problems: string[] = [];
  const tree = new Tree();
  let seq = 0;
  let time = 0;
  let ending = false;
  for (const { event } of events) {
    if (event.time < time) problems.push(`${id}: time goes back at ${event.type}`);
    time = event.time;
    tree.take(event);
    if (ending && begins.has(event.type) && !tree.followsTasks(event)) {
      problems.push(`${id}: ${event.type} while it is ending`);
    }
    ending ||= event.type === 'execution.ending' && event.repeated !== true;
    if (!('seq' in event)) continue;
    seq += 1;
    if (event.seq !== seq) problems.push(`${id}: seq ${event.seq} instead of ${seq}`);
  }
  return problems;
}

/** Which run stands in which block, and which blocks have come to their `errors` or `finally`. */
class Tree {
  readonly #parents = new Map<number, number>();
  readonly #later = new Set<number>();

  take(event: Event): void {
    if (event.type === 'stage.entered') this.#later.add(event.run);
    if (!('parent' in event)) return;
    this.#parents.set(event.run, event.parent);
    const { iteration } = 'iteration' in event ? event : {};
    if (iteration !== undefined) this.#parents.set(iteration.run, iteration.loop);
  }

  followsTasks(event: Event): boolean {
    if (!('parent' in event)) return false;
    for (let at = event.parent; ; at = this.#parents.get(at) ?? 0) {
      if (this.#later.has(at)) return true;
      if (at === 0) return false;
    }
  }
}

function checkRuns(id: string, events: readonly HappenedEvent[]): readonly string[] {
  const problems: string[] = [];
  const ended = new Set<number>();
  const dispatches = new Map<number, number>();
  for (const { event } of events) {
    // The flow's own list, and iterations, are no task runs.
    if (!('run' in event) || !('task' in event || event.type === 'task.started')) continue;
    const { run } = event;
    if (ended.has(run)) problems.push(`${id}: ${event.type} of run ${run} after its end`);
    if (event.type === 'task.ended' || event.type === 'values.loaded') ended.add(run);
    else dispatches.set(run, dispatches.get(run) ?? 0);
    if (event.type !== 'task.scheduled') continue;
    const expected = (dispatches.get(run) ?? 0) + 1;
    dispatches.set(run, event.dispatch);
    if (event.dispatch !== expected) {
      problems.push(`${id}: run ${run} has dispatch ${event.dispatch} instead of ${expected}`);
    }
  }
  for (const run of dispatches.keys()) {
    if (!ended.has(run)) problems.push(`${id} has ended before its run ${run}`);
  }
  return problems;
}
