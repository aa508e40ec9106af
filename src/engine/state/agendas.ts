import type { ExecutionId } from '../../model/ids.ts';
import type { ExecutionEntity } from './execution-entity.ts';
import type { ExecutionHead } from './execution.ts';

/** Executions whose agenda is not empty: those that are ending go first, the others take turns. */
export class Agendas {
  private readonly killing = new Set<ExecutionId>();
  private readonly others = new Set<ExecutionId>();

  /** Puts an execution that was just stepped behind the others, or takes it off. */
  update(entity: ExecutionEntity): void {
    if (!entity.hasHead) return;
    const { head } = entity;
    const { execution } = head.origin;
    this.remove(execution);
    if (entity.isReady) this.listOf(head).add(execution);
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
    return head.ending === undefined ? this.others : this.killing;
  }
}
