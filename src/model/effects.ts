import type { ForwardedStart } from './commands.ts';
import type { ExecutionId } from './ids.ts';
import type {
  CancelRequest,
  DeadLetter,
  Decision,
  PublicRecord,
  TaskDispatch,
  TaskLine,
} from './records.ts';

/**
 * What must be done outside because of an event; every kind is a record on some topic. Sent only after the
 * event is acknowledged, and again after a crash while `stillWanted` (invariant 5).
 */
export type Effect =
  | { readonly kind: 'dispatch'; readonly dispatch: TaskDispatch }
  | { readonly kind: 'cancel'; readonly workerGroup: string; readonly cancel: CancelRequest }
  | { readonly kind: 'public'; readonly execution: ExecutionId; readonly record: PublicRecord }
  | { readonly kind: 'log'; readonly line: TaskLine }
  | { readonly kind: 'command'; readonly entity: string; readonly command: EffectCommand }
  | { readonly kind: 'dead-letter'; readonly letter: DeadLetter }
  | { readonly kind: 'decision'; readonly decision: Decision };

/** A command to the partition of another entity. `recordOf` adds the source: the event's place in the log. */
export type EffectCommand = Omit<ForwardedStart, 'source'>;
