/**
 * A step threw: a fault of ours, or an input that ended the process again and again (careful mode). What it
 * was about ends FAILED with all its effects, its sender is told, its record becomes a dead letter, and the
 * partition goes on. Nothing here needs the flow's definition, which may be the very thing that is broken.
 */
import type { CommandFailedCause } from '../../model/cause.ts';
import { type ExecutionId, parseExecutionId } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import type { RecordOrigin } from '../../model/starts.ts';
import { never } from '../../support/never.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { CommandFailedInput, CommandInput, Input, StartInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { beginEnding } from '../progress/ending.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import { rejectStart } from '../start/reject-start.ts';
import { cutText } from '../text.ts';

type Failed = CommandFailedInput['input'];

export function onCommandFailed(
  draft: Draft,
  { input, message }: CommandFailedInput,
  definitions: Definitions,
): void {
  const cause = causeOf(draft, input, message);
  if (input.kind === 'start') return refuseStart(draft, input, cause);
  const execution = executionOf(input);
  if (execution !== undefined && draft.execution(execution) !== undefined) {
    return fail(draft, execution, { cause, timeMs: timeOf(draft, input) }, definitions);
  }
  if (input.kind === 'command') refuseCommand(draft, input, cause);
}

function fail(
  draft: Draft,
  execution: ExecutionId,
  given: { readonly cause: CommandFailedCause; readonly timeMs: number },
  definitions: Definitions,
): void {
  const step = new ExecutionStep(draft, definitions, execution, given);
  const { message } = given.cause;
  const error = { code: 'command-failed', message: `Millrace failed on it: ${message}` } as const;
  beginEnding(step, { mode: 'abort', state: 'FAILED', reason: 'command-failed', error });
  advance(step);
}

function refuseStart(draft: Draft, input: StartInput, cause: CommandFailedCause): void {
  const { timeMs, origin, preview, start } = input;
  const why = { reason: 'command-failed', message: cause.message };
  const record = { cause, timeMs, origin, preview };
  rejectStart(draft, record, why, start.ok ? start.value : undefined);
}

function refuseCommand(draft: Draft, input: CommandInput, cause: CommandFailedCause): void {
  const { command, timeMs } = input;
  const { message, origin = originOf(draft, input) } = cause;
  if (command.type === 'start.forwarded') {
    const record = { cause, timeMs, origin: command.origin, preview: '' };
    const start = { ...command.start, executionId: command.execution };
    return rejectStart(draft, record, { reason: 'command-failed', message }, start);
  }
  draft.emit({
    type: 'command.rejected',
    time: timeMs,
    cause,
    entity: command.execution,
    command: command.type,
    rejection: { code: 'command-failed', message },
    deadLetter: { reason: 'command-failed', origin, preview: cause.preview ?? '' },
  });
}

function causeOf(draft: Draft, input: Failed, thrown: string): CommandFailedCause {
  const message = cutText(thrown, limits.previewBytes.value);
  const cause = { kind: 'command-failed', message } as const;
  if (input.kind === 'start') return { ...cause, origin: input.origin, preview: input.preview };
  if (input.kind !== 'command') return cause;
  const { command } = input;
  const preview = cutText(JSON.stringify(command), limits.previewBytes.value);
  const failed = { ...cause, origin: originOf(draft, input), preview };
  const replyTo = 'replyTo' in command ? command.replyTo : undefined;
  const source = 'source' in command ? command.source : undefined;
  return {
    ...failed,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(source === undefined ? {} : { source }),
  };
}

function originOf(draft: Draft, { offset }: CommandInput): RecordOrigin {
  return { topic: 'commands', partition: draft.state.partition, offset };
}

function executionOf(input: Exclude<Failed, StartInput>): ExecutionId | undefined {
  switch (input.kind) {
    case 'command':
      return input.command.execution;
    case 'timer':
    case 'continue':
    case 'worker-gone':
    case 'dispatch-stale':
      return input.execution;
    case 'effect-refused':
      return executionOfEffect(input.effect);
    case 'unreadable-command':
      return undefined;
    default:
      return never(input);
  }
}

function executionOfEffect(
  effect: Extract<Input, { kind: 'effect-refused' }>['effect'],
): ExecutionId | undefined {
  switch (effect.kind) {
    case 'dispatch':
      return effect.dispatch.execution;
    case 'public':
      return effect.execution;
    case 'log':
      return effect.line.execution;
    case 'command':
      return parseExecutionId(effect.entity);
    case 'cancel':
    case 'dead-letter':
    case 'decision':
      return undefined;
    default:
      return never(effect);
  }
}

function timeOf(draft: Draft, input: Failed): number {
  switch (input.kind) {
    case 'timer':
      return input.dueMs;
    case 'continue':
      return draft.head(input.execution)?.timeMs ?? 0;
    default:
      return input.timeMs;
  }
}
