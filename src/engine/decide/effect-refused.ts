/**
 * The log will never take an effect. A dispatch: its task run fails. A forwarded start: whoever waits for it
 * is told. The others change no state: events are bounded so that their records fit (limits.ts), so what is
 * left is a topic that is gone or not allowed, which the shell reports; they are counted here.
 */
import type { EffectCommand } from '../../model/effects.ts';
import { parseTaskRunId } from '../../model/ids.ts';
import type { TaskDispatch } from '../../model/records.ts';
import { never } from '../../support/never.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { EffectRefusedInput } from '../input.ts';
import { advance } from '../progress/advance.ts';
import { failTask } from '../progress/attempts.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import { rejectStart } from '../start/reject-start.ts';
import { problem } from '../tasks/executor-task.ts';

export function onEffectRefused(
  draft: Draft,
  input: EffectRefusedInput,
  definitions: Definitions,
): void {
  const { effect } = input;
  switch (effect.kind) {
    case 'dispatch':
      return failRun(draft, input, effect.dispatch, definitions);
    case 'command':
      return rejectForwarded(draft, input, effect.command);
    case 'public':
      return draft.count('public-record-refused');
    case 'log':
      return draft.count('log-line-refused');
    case 'cancel':
    case 'dead-letter':
    case 'decision':
      return draft.count('effect-refused');
    default:
      never(effect);
  }
}

function failRun(
  draft: Draft,
  input: EffectRefusedInput,
  refused: TaskDispatch,
  definitions: Definitions,
): void {
  const { execution, taskRun, dispatch, workerGroup } = refused;
  const run = draft.execution(execution)?.run(parseTaskRunId(taskRun)?.ordinal ?? 0);
  if (run?.phase !== 'dispatched' || run.dispatch !== dispatch) {
    return draft.count('dispatch-superseded');
  }
  const { timeMs, code, message } = input;
  const step = new ExecutionStep(draft, definitions, execution, { cause: causeOf(input), timeMs });
  // Workers make the topic of their group.
  const text =
    code === 'unknown-topic'
      ? `no worker has served the worker group ${workerGroup} yet: start one that has it in worker.groups (${message})`
      : `the dispatch to worker group ${workerGroup} was refused (${code}): ${message}`;
  failTask(step, step.nameOf(run), problem('dispatch-refused', text));
  advance(step);
}

function rejectForwarded(draft: Draft, input: EffectRefusedInput, command: EffectCommand): void {
  const { code, message, timeMs } = input;
  const { start, execution, origin } = command;
  const record = { cause: causeOf(input), timeMs, origin, preview: '' };
  const text = `the start could not be handed to the partition of its key (${code}): ${message}`;
  const withId = { ...start, executionId: execution };
  rejectStart(draft, record, { reason: 'forward-refused', message: text }, withId);
}

function causeOf({ offset, index }: EffectRefusedInput) {
  return { kind: 'effect-refused', offset, index } as const;
}
