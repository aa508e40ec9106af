import type { Command } from '../model/commands.ts';
import type { Effect } from '../model/effects.ts';
import type { ExecutionId } from '../model/ids.ts';
import type { Parsed, RecordOrigin, StartRequest } from '../model/starts.ts';

/** What `step` takes; each with its own source of time (invariant 3). */
export type Input =
  | StartInput
  | CommandInput
  | UnreadableCommandInput
  | TimerInput
  | ContinueInput
  | WorkerGoneInput
  | DispatchStaleInput
  | EffectRefusedInput
  | CommandFailedInput;

/** A record of `starts`, of the right shape or not. `timeMs` is its LogAppendTime. */
export interface StartInput {
  readonly kind: 'start';
  readonly offset: number;
  readonly timeMs: number;
  readonly origin: RecordOrigin;
  readonly start: Parsed<StartRequest>;
  /** The shell has found that it cannot be decided: it becomes a dead letter with this reason. */
  readonly refusal?: { readonly reason: string; readonly message: string };
  /** The start of the record's value, for a dead letter. */
  readonly preview: string;
}

export interface CommandInput {
  readonly kind: 'command';
  readonly offset: number;
  readonly timeMs: number;
  readonly command: Command;
  /** Of a forwarded start, as {@link StartInput.refusal}. */
  readonly refusal?: { readonly reason: string; readonly message: string };
}

/** A record of `commands` that is no command: dead letter, and the partition goes on. */
export interface UnreadableCommandInput {
  readonly kind: 'unreadable-command';
  readonly offset: number;
  readonly timeMs: number;
  readonly origin: RecordOrigin;
  readonly reason: string;
  readonly message: string;
  readonly preview: string;
}

/** A timer of a task run is due; its time is the due time. */
export interface TimerInput {
  readonly kind: 'timer';
  readonly dueMs: number;
  readonly execution: ExecutionId;
  readonly run: number;
}

/** The agenda of an execution goes on; its time is that of what opened it. */
export interface ContinueInput {
  readonly kind: 'continue';
  readonly execution: ExecutionId;
}

/** A worker that held leases of this execution is gone; time = newest heartbeat + session. */
export interface WorkerGoneInput {
  readonly kind: 'worker-gone';
  readonly timeMs: number;
  readonly worker: string;
  readonly execution: ExecutionId;
}

/** A dispatch has waited for so long that its record may be gone; time = when that was seen to be due. */
export interface DispatchStaleInput {
  readonly kind: 'dispatch-stale';
  readonly timeMs: number;
  readonly execution: ExecutionId;
  readonly run: number;
  readonly dispatch: number;
}

/** The log will never take this effect of the event at `offset`. */
export interface EffectRefusedInput {
  readonly kind: 'effect-refused';
  readonly offset: number;
  readonly index: number;
  readonly timeMs: number;
  readonly effect: Effect;
  readonly code: string;
  readonly message: string;
}

/** `step` threw on `input` (or the process died on it, repeatedly): its execution ends FAILED. */
export interface CommandFailedInput {
  readonly kind: 'command-failed';
  readonly input: Exclude<Input, CommandFailedInput>;
  readonly message: string;
}
