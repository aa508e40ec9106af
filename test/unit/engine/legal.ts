/** What is wrong with a history, by the rules that every history keeps; [] when it is legal. */
import type { Event, ExecutionEvent } from '../../../src/model/events.ts';

export const partitionEvents: ReadonlySet<string> = new Set([
  'start.duplicate',
  'start.rejected',
  'command.held',
  'command.forwarded',
  'command.rejected',
]);

export function illegalities(events: readonly Event[]): readonly string[] {
  const histories = Map.groupBy(events.filter(isOfExecution), ({ execution }) => execution);
  return [...histories].flatMap(([id, history]) =>
    historyProblems(history).map((problem) => `${id}: ${problem}`),
  );
}

function isOfExecution(event: Event): event is ExecutionEvent {
  return !partitionEvents.has(event.type);
}

function historyProblems(history: readonly ExecutionEvent[]): readonly string[] {
  const problems: string[] = [];
  if (history[0]?.type !== 'execution.created') problems.push('does not begin with its creation');
  if (count(history, 'execution.created') !== 1) problems.push('is created more than once');
  const end = history.findIndex(({ type }) => type === 'execution.ended');
  if (end !== -1 && end !== history.length - 1) problems.push('goes on after its end');
  const sequence = history.flatMap((event) => ('seq' in event ? [event.seq] : []));
  if (!sequence.every((seq, index) => seq === index + 1))
    problems.push(`seq ${sequence.join(' ')}`);
  if (!history.every(({ time }, index) => time >= (history[index - 1]?.time ?? 0))) {
    problems.push('its time goes back');
  }
  return [...problems, ...runProblems(history, end !== -1)];
}

function runProblems(history: readonly ExecutionEvent[], ended: boolean): readonly string[] {
  const problems: string[] = [];
  const open = new Set<number>([0]);
  const closed = new Set<number>();
  const dispatches = new Map<number, number>();
  const iterations = new Set<number>();
  let newest = 0;
  for (const event of history) {
    if (!('run' in event)) continue;
    const { run, type } = event;
    if (closed.has(run)) problems.push(`run ${run} goes on after its end (${type})`);
    const parent = 'parent' in event ? event.parent : 0;
    const iteration = 'iteration' in event ? event.iteration : undefined;
    const begins = iteration !== undefined && iteration.run === parent;
    // What its block has let go of goes on after the end of that.
    const around = begins && !open.has(parent) ? iteration.loop : parent;
    if (!open.has(around) && !open.has(run)) {
      problems.push(`run ${run} is a child of ${parent}, which is not open`);
    }
    // An iteration begins with the first event of its first task.
    if (begins) iterations.add(iteration.run);
    for (const ordinal of begins ? [iteration.run, run] : [run]) {
      if (open.has(ordinal) || closed.has(ordinal)) continue;
      if (ordinal <= newest) problems.push(`run ${ordinal} is out of order`);
      newest = ordinal;
      open.add(ordinal);
    }
    if (type === 'task.scheduled') {
      if (event.dispatch !== (dispatches.get(run) ?? 0) + 1)
        problems.push(`dispatch of run ${run}`);
      dispatches.set(run, event.dispatch);
    }
    if (!lasts.has(type)) continue;
    open.delete(run);
    closed.add(run);
  }
  open.delete(0);
  // An iteration of an execution that is aborted has no end of its own.
  const left = [...open].filter((run) => !iterations.has(run));
  if (ended && left.length > 0) problems.push(`runs ${left.join(' ')} never ended`);
  return problems;
}

/** Events after which a run, or an iteration, is over. */
const lasts = new Set<ExecutionEvent['type']>(['task.ended', 'iteration.ended', 'values.loaded']);

function count(history: readonly ExecutionEvent[], type: ExecutionEvent['type']): number {
  return history.filter((event) => event.type === type).length;
}
