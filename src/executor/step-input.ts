/**
 * One input through the engine, whatever it does: a step that throws is forgotten with its draft, and the
 * input is stepped again as `command-failed`, which ends its execution FAILED with all its effects. The
 * partition goes on. Only when that throws too is the code beyond help, and the partition stops.
 */
import type { Definitions } from '../engine/definitions.ts';
import type { Draft } from '../engine/draft.ts';
import type { CommandFailedInput, Input } from '../engine/input.ts';
import type { PartitionState } from '../engine/partition-state.ts';
import { step } from '../engine/step.ts';
import { FatalError } from '../model/errors.ts';

export interface SteppedInput {
  readonly draft: Draft;
  /** Set when the input took the path of a failed command. */
  readonly failure?: Error;
}

/** Steps the input into a draft of its own. */
export function stepInput(
  state: PartitionState,
  input: Input,
  definitions: Definitions,
): SteppedInput {
  const draft = state.draft();
  try {
    step(draft, input, definitions);
    return { draft };
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    return { draft: failInput(state, input, failure.message, definitions), failure };
  }
}

/**
 * What becomes of an input that cannot be stepped.
 *
 * @throws FatalError `command-failed-failed`
 */
export function failInput(
  state: PartitionState,
  input: Input,
  message: string,
  definitions: Definitions,
): Draft {
  const draft = state.draft();
  try {
    step(draft, failed(input, message), definitions);
    return draft;
  } catch (error) {
    throw new FatalError(
      'command-failed-failed',
      `partition ${state.partition} cannot go on: the failure of an input (${input.kind}: ${message}) ` +
        'could not be recorded. Its state is safe in the log; report this, and start a release with the fix',
      { cause: error },
    );
  }
}

function failed(input: Input, message: string): CommandFailedInput {
  return input.kind === 'command-failed' ? input : { kind: 'command-failed', input, message };
}
