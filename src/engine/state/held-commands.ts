import type { ExecutionId } from '../../model/ids.ts';
import type { HeldCommand } from './mutable-state.ts';

/** Commands that overtook their start, by execution; few at any time (limits.heldCommands). */
export class HeldCommands {
  private readonly byExecution = new Map<ExecutionId, readonly HeldCommand[]>();
  private total = 0;

  get count(): number {
    return this.total;
  }

  of(execution: ExecutionId): readonly HeldCommand[] {
    return this.byExecution.get(execution) ?? [];
  }

  put(execution: ExecutionId, commands: readonly HeldCommand[]): void {
    this.total += commands.length - this.of(execution).length;
    if (commands.length === 0) this.byExecution.delete(execution);
    else this.byExecution.set(execution, commands);
  }

  entries(): Iterable<readonly [ExecutionId, readonly HeldCommand[]]> {
    return this.byExecution;
  }
}
