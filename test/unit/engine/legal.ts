/** What is wrong with a history, by the rules that every history keeps; [] when it is legal. */
import type { Event, ExecutionEvent } from '../../../src/model/events.ts';

const partitionEvents: ReadonlySet<string> = new Set([
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
  const open = new Set<number>();
  const closed = new Set<number>();
  const dispatches = new Map<number, number>();
  for (const event of history) {
    if (!('run' in event)) continue;
    const { run, type } = event;
    if (closed.has(run)) problems.push(`run ${run} goes on after its end (${type})`);
    if (!open.has(run) && !closed.has(run) && run !== open.size + closed.size + 1) {
      problems.push(`run ${run} is out of order`);
    }
    if ('parent' in event && event.parent !== 0 && !open.has(event.parent)) {
      problems.push(`run ${run} is a child of ${event.parent}, which is not open`);
    }
    open.add(run);
    if (type === 'task.scheduled') {
      if (event.dispatch !== (dispatches.get(run) ?? 0) + 1)
        problems.push(`dispatch of run ${run}`);
      dispatches.set(run, event.dispatch);
    }
    if (type !== 'task.ended') continue;
    open.delete(run);
    closed.add(run);
  }
  if (ended && open.size > 0) problems.push(`runs ${[...open].join(' ')} never ended`);
  return problems;
}

function count(history: readonly ExecutionEvent[], type: ExecutionEvent['type']): number {
  return history.filter((event) => event.type === type).length;
}
