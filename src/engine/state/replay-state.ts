import type { KeyWindowPlace } from '../../model/events.ts';
import type { ExecutionId } from '../../model/ids.ts';
import type { SourcePosition } from '../../model/starts.ts';
import type { BaseState } from './base-state.ts';
import { type ExecutionHead, itemsOf, type Part } from './execution.ts';
import type { IncludedOffsets } from './included-offsets.ts';
import type { HeldCommand, MutableState } from './mutable-state.ts';

/** The state as a replay sees it: a part that its page has brought up to an event's offset stays as it is. */
export class ReplayState implements MutableState {
  private readonly base: BaseState;
  private readonly included: IncludedOffsets;
  /** Of the event that is being applied. */
  offset = 0;

  constructor(base: BaseState, included: IncludedOffsets) {
    this.base = base;
    this.included = included;
  }

  head(execution: ExecutionId): ExecutionHead | undefined {
    return this.base.head(execution);
  }

  run(execution: ExecutionId, ordinal: number): Part | undefined {
    return this.base.run(execution, ordinal);
  }

  putHead(head: ExecutionHead): void {
    if (this.included.head(head.origin.execution) < this.offset) this.base.putHead(head);
  }

  putRun(execution: ExecutionId, run: Part): void {
    if (!this.includes(execution, run.ordinal)) this.base.putRun(execution, run);
  }

  dropRun(execution: ExecutionId, ordinal: number): void {
    if (!this.includes(execution, ordinal)) this.base.dropRun(execution, ordinal);
  }

  dropItems(execution: ExecutionId, loop: number): void {
    const live = this.base.executions.get(execution);
    if (live === undefined) return;
    for (const { ordinal } of itemsOf(live.entity, loop)) this.dropRun(execution, ordinal);
  }

  /** The part's page has it as it was after the event, or later. */
  includes(execution: ExecutionId, ordinal: number): boolean {
    return this.included.run(execution, ordinal) >= this.offset;
  }

  removeExecution(execution: ExecutionId): void {
    this.base.removeExecution(execution);
  }

  putSource(source: SourcePosition, timeMs: number): void {
    const bucket = this.base.sources.bucketOf(source.id);
    if (this.included.sources(bucket) < this.offset) this.base.putSource(source, timeMs);
  }

  /** Keys are numbered by their events: to put one again changes nothing. */
  putKey(key: string, execution: ExecutionId, timeMs: number, place: KeyWindowPlace): void {
    this.base.putKey(key, execution, timeMs, place);
  }

  heldCommands(execution: ExecutionId): readonly HeldCommand[] {
    return this.base.heldCommands(execution);
  }

  putHeldCommands(execution: ExecutionId, commands: readonly HeldCommand[]): void {
    if (this.included.held(execution) < this.offset) {
      this.base.putHeldCommands(execution, commands);
    }
  }
}
