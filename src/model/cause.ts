import type { ReplyAddress } from './commands.ts';
import type { RecordOrigin, SourcePosition } from './starts.ts';

/** What every event has. */
export interface Happened {
  /** Milliseconds since 1970; never lower than the entity's last event. See invariant 3 for its sources. */
  readonly time: number;
  readonly cause: Cause;
}

/** What the step was given that led to the event. */
export type Cause =
  | { readonly kind: 'start'; readonly offset: number }
  | {
      readonly kind: 'command';
      readonly offset: number;
      readonly replyTo?: ReplyAddress;
      readonly source?: SourcePosition;
    }
  | { readonly kind: 'timer'; readonly dueMs: number }
  | { readonly kind: 'continue' }
  | { readonly kind: 'worker-gone'; readonly worker: string }
  | { readonly kind: 'dispatch-stale'; readonly dispatch: number }
  | { readonly kind: 'effect-refused'; readonly offset: number; readonly index: number }
  | CommandFailedCause;

/** A step threw. What the input was is kept: its record becomes a dead letter, its sender gets a reply. */
export interface CommandFailedCause {
  readonly kind: 'command-failed';
  readonly message: string;
  /** The record that was stepped; absent for timers and continuations. */
  readonly origin?: RecordOrigin;
  readonly preview?: string;
  readonly replyTo?: ReplyAddress;
  readonly source?: SourcePosition;
}
