import type { ExecutionId } from '../model/ids.ts';
import type { RecordOrigin } from '../model/starts.ts';

/** Where a start lies. */
export type StartPlace = RecordOrigin & { readonly topic: 'starts' };

/** As many are remembered at least; twice as many at most. */
const REMEMBERED_STARTS = 5_000;

/**
 * Where the starts lie that this process sent lately, for commands that might overtake them. Two generations:
 * forgetting the oldest of one map one by one costs more than the rest of a start.
 */
export class RecentStarts {
  #young = new Map<ExecutionId, StartPlace>();
  #old = new Map<ExecutionId, StartPlace>();

  add(execution: ExecutionId, place: StartPlace): void {
    if (this.#young.size >= REMEMBERED_STARTS) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(execution, place);
  }

  find(execution: ExecutionId): StartPlace | undefined {
    return this.#young.get(execution) ?? this.#old.get(execution);
  }
}
