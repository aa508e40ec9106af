import type { Event, EventType } from '../model/events.ts';
import { blockOpened } from './apply/block-opened.ts';
import { blockStopping } from './apply/block-stopping.ts';
import { blockSwept } from './apply/block-swept.ts';
import { commandForwarded } from './apply/command-forwarded.ts';
import { commandHeld } from './apply/command-held.ts';
import { commandRejected } from './apply/command-rejected.ts';
import { executionCreated } from './apply/execution-created.ts';
import { executionEnded } from './apply/execution-ended.ts';
import { executionEnding } from './apply/execution-ending.ts';
import { iterationEnded } from './apply/iteration-ended.ts';
import { stageEntered } from './apply/stage-entered.ts';
import { startDuplicate } from './apply/start-duplicate.ts';
import { startRejected } from './apply/start-rejected.ts';
import { taskEnded } from './apply/task-ended.ts';
import { taskRetrying } from './apply/task-retrying.ts';
import { taskScheduled } from './apply/task-scheduled.ts';
import { taskSleeping } from './apply/task-sleeping.ts';
import { taskStarted } from './apply/task-started.ts';
import { valuesLoaded } from './apply/values-loaded.ts';
import type { MutableState } from './state/mutable-state.ts';

type EventOf<Type extends EventType> = Extract<Event, { readonly type: Type }>;

/** One applier per event type. Once released an applier is frozen: a new version stands beside it. */
export const appliers: {
  readonly [Type in EventType]: (state: MutableState, event: EventOf<Type>) => void;
} = {
  'execution.created': executionCreated,
  'execution.ending': executionEnding,
  'execution.ended': executionEnded,
  'block.opened': blockOpened,
  'stage.entered': stageEntered,
  'block.stopping': blockStopping,
  'block.swept': blockSwept,
  'values.loaded': valuesLoaded,
  'iteration.ended': iterationEnded,
  'task.scheduled': taskScheduled,
  'task.started': taskStarted,
  'task.sleeping': taskSleeping,
  'task.retrying': taskRetrying,
  'task.ended': taskEnded,
  'start.duplicate': startDuplicate,
  'start.rejected': startRejected,
  'command.held': commandHeld,
  'command.forwarded': commandForwarded,
  'command.rejected': commandRejected,
};

/** The only way that state changes, live and at restore (docs/ARCHITECTURE.md, invariant 4). */
export function apply(state: MutableState, event: Event): void {
  applyToPartition(state, event);
  // The registry pairs each type with its own event; the compiler cannot carry that through a look-up.
  const applier = appliers[event.type] as (state: MutableState, event: Event) => void;
  applier(state, event);
}

/**
 * What the partition remembers of an event beside its execution: sources and keys. A replay needs it also of
 * an execution that has ended.
 */
export function applyToPartition(state: MutableState, event: Event): void {
  const { cause, time } = event;
  if ('source' in cause && cause.source !== undefined) state.putSource(cause.source, time);
  if (event.type !== 'execution.created' && event.type !== 'start.rejected') return;
  if (event.source !== undefined) state.putSource(event.source, time);
  if (event.type === 'start.rejected') return;
  const { execution, idempotencyKey, keyWindow } = event;
  if (idempotencyKey !== undefined && keyWindow !== undefined) {
    state.putKey(idempotencyKey, execution, time, keyWindow);
  }
  if (state.heldCommands(execution).length > 0) state.putHeldCommands(execution, []);
}
