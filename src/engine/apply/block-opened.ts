import type { BlockOpened } from '../../model/events.ts';
import { newBlock } from '../state/block.ts';
import { newLoop } from '../state/loop.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { attemptsOf, identityOf, putValues, runOpened } from './progress.ts';

export function blockOpened(state: MutableState, event: BlockOpened): void {
  const { execution, run, attempt, branch, loop, total } = event;
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
    ...(loop === undefined ? {} : { loop: newLoop(total, loop) }),
  });
  if (loop === undefined) return state.putHead(head);
  putValues(state, event, loop, run);
  state.putHead({ ...head, nextRun: Math.max(head.nextRun, loop.run + 1) });
}

function shapeOf({
  total,
  limit,
  failFast,
  timeoutAtMs,
  loop,
}: BlockOpened): Parameters<typeof newBlock>[0] {
  return {
    total,
    limit,
    ...(failFast === undefined ? {} : { failFast }),
    ...(timeoutAtMs === undefined ? {} : { timeoutAtMs }),
    ...(loop?.pages === undefined
      ? {}
      : { paging: { loaded: loop.values.length, held: 1, asked: false } }),
  };
}
