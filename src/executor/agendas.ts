import type { PartitionState } from '../engine/partition-state.ts';
import type { Candidate, InputSource } from './inputs.ts';

/** Executions that have more to do than fitted into a step: one step each, round robin. */
export class Agendas implements InputSource {
  readonly #state: PartitionState;

  constructor(state: PartitionState) {
    this.#state = state;
  }

  next(): Candidate | undefined {
    for (const execution of this.#state.agendas()) {
      const input = { kind: 'continue', execution } as const;
      return { input, positions: this.#state.positions, source: this };
    }
    return undefined;
  }

  /** The state moves an execution on, when the events that it led to are applied. */
  accept(): void {
    // Nothing is queued here.
  }
}
