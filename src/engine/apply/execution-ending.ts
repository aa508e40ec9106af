import type { EndingMode, ExecutionEnding, StopMode } from '../../model/events.ts';
import { stopping } from '../state/block.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf } from './progress.ts';

const stops: Readonly<Record<EndingMode, StopMode>> = {
  kill: 'kill',
  exit: 'kill',
  abort: 'kill',
  timeout: 'fail',
  cancel: 'cancel',
};

export function executionEnding(state: MutableState, event: ExecutionEnding): void {
  const { execution, time, mode, error } = event;
  const head = headOf(state, execution);
  if (event.repeated === true) return state.putHead({ ...head, timeMs: time });
  const interrupts = mode === 'kill' || mode === 'exit' || mode === 'abort';
  state.putHead({
    ...head,
    timeMs: time,
    state: interrupts ? 'KILLING' : head.state,
    root: stopping(head.root, { ...event, mode: stops[mode] }),
    ending: { mode, state: event.state, ...(error === undefined ? {} : { error }) },
  });
}
