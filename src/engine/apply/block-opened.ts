import type { BlockOpened } from '../../model/events.ts';
import { newBlock } from '../state/block.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { attemptsOf, identityOf, runOpened } from './progress.ts';

export function blockOpened(state: MutableState, event: BlockOpened): void {
  const { execution, run, attempt, branch, loop } = event;
  const before = state.run(execution, run);
  const attempts = attemptsOf(before);
  const head = runOpened(state, event);
  state.putRun(execution, {
    phase: 'block',
    ...identityOf(event, before),
    attempt,
    ...attempts,
    reached: 'block',
    block: newBlock(shapeOf(event), attempts.lastChild),
    ...(branch === undefined ? {} : { branch }),
    ...(loop === undefined ? {} : { loop: { values: loop.run, itemBytes: 0 } }),
  });
  if (loop === undefined) return state.putHead(head);
  const { run: ordinal, values, keys } = loop;
  const part = { phase: 'values', ordinal, parent: run, values } as const;
  state.putRun(execution, keys === undefined ? part : { ...part, keys });
  state.putHead({ ...head, nextRun: Math.max(head.nextRun, ordinal + 1) });
}

function shapeOf({
  total,
  limit,
  failFast,
  timeoutAtMs,
}: BlockOpened): Parameters<typeof newBlock>[0] {
  return {
    total,
    limit,
    ...(failFast === undefined ? {} : { failFast }),
    ...(timeoutAtMs === undefined ? {} : { timeoutAtMs }),
  };
}
