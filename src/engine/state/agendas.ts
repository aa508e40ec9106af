import type { ExecutionId } from '../../model/ids.ts';
import type { ExecutionHead } from './execution.ts';

/** Executions whose agenda is not empty: a kill goes first, the others take turns. */
export class Agendas {
  private readonly killing = new Set<ExecutionId>();
  private readonly others = new Set<ExecutionId>();

  /** Puts an execution that was just stepped behind the others, or takes it off. */
  update(head: ExecutionHead): void {
    const { execution } = head.origin;
    this.remove(execution);
    if (head.agenda.length > 0) this.listOf(head).add(execution);
  }

  remove(execution: ExecutionId): void {
    this.killing.delete(execution);
    this.others.delete(execution);
  }

  *[Symbol.iterator](): Iterator<ExecutionId> {
    yield* this.killing;
    yield* this.others;
  }

  private listOf(head: ExecutionHead): Set<ExecutionId> {
    return head.ending?.mode === 'kill' ? this.killing : this.others;
  }
}
