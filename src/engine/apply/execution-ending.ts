import type { ExecutionEnding } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf } from './progress.ts';

export function executionEnding(state: MutableState, event: ExecutionEnding): void {
  const head = headOf(state, event.execution);
  state.putHead({
    ...head,
    timeMs: event.time,
    state: event.mode === 'kill' ? 'KILLING' : head.state,
    agenda: event.agenda,
    ending: {
      mode: event.mode,
      state: event.state,
      ...(event.error === undefined ? {} : { error: event.error }),
    },
  });
}
