import type { Definitions } from '../engine/definitions.ts';
import type { PartitionState } from '../engine/partition-state.ts';
import { FatalError } from '../model/errors.ts';
import { limits } from '../model/limits.ts';
import type { Logger } from '../ports/logger.ts';
import type { Batch } from './batch.ts';
import type { Candidate } from './inputs.ts';
import type { PartitionMetrics } from './partition-metrics.ts';
import { failInput, stepInput, type SteppedInput } from './step-input.ts';

export interface StepperOptions {
  readonly state: PartitionState;
  readonly definitions: Definitions;
  readonly metrics: PartitionMetrics;
  readonly logger: Logger;
}

/** Steps inputs into batches: a step is in the state if, and only if, it is whole in a batch. */
export class Stepper {
  readonly #options: StepperOptions;

  constructor(options: StepperOptions) {
    this.#options = options;
  }

  /**
   * @param condemned why the input is failed instead of stepped, if it is.
   * @returns false when the batch has no room for the step: nothing has changed then.
   * @throws FatalError when not even the failure of the input can be recorded.
   */
  step(batch: Batch, { input, positions }: Candidate, condemned?: string): boolean {
    const { state, metrics, definitions } = this.#options;
    let stepped: SteppedInput =
      condemned === undefined
        ? stepInput(state, input, definitions)
        : this.#fail({ input }, new Error(condemned));
    let encoded = batch.encode(stepped.draft.events, positions);
    if (encoded.bytes > limits.batchBytes.value) {
      const problem = `its events take ${encoded.bytes} bytes, more than fit into one append`;
      stepped = this.#fail({ input }, new Error(problem));
      encoded = batch.encode(stepped.draft.events, positions);
      if (encoded.bytes > limits.batchBytes.value) throw tooLarge(state.partition, problem);
    }
    if (!batch.fits(encoded)) return false;
    stepped.draft.merge();
    state.positions = positions;
    batch.add(encoded);
    if (input.kind === 'effect-refused') batch.refusals.push(input);
    metrics.stepped(input, stepped.draft);
    if (stepped.failure !== undefined) this.#report(input.kind, stepped.failure);
    return true;
  }

  #fail({ input }: Pick<Candidate, 'input'>, failure: Error): SteppedInput {
    const { state, definitions } = this.#options;
    return { draft: failInput(state, input, failure.message, definitions), failure };
  }

  #report(kind: string, failure: Error): void {
    this.#options.logger.error(
      { err: failure, input: kind },
      'an input could not be processed; its execution has failed, the partition goes on',
    );
  }
}

function tooLarge(partition: number, problem: string): FatalError {
  return new FatalError(
    'step-too-large',
    `partition ${partition} cannot go on: the failure of an input is too large to be recorded (${problem})`,
  );
}
