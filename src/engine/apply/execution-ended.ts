import type { ExecutionEnded } from '../../model/events.ts';
import type { MutableState } from '../state/mutable-state.ts';

export function executionEnded(state: MutableState, event: ExecutionEnded): void {
  state.removeExecution(event.execution);
}
