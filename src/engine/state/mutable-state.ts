import type { EndExecution } from '../../model/commands.ts';
import type { KeyWindowPlace } from '../../model/events.ts';
import type { ExecutionId } from '../../model/ids.ts';
import type { SourcePosition } from '../../model/starts.ts';
import type { ExecutionHead, Part } from './execution.ts';

/** A command that overtook its start. */
export interface HeldCommand {
  readonly command: EndExecution;
  /** Its offset in `commands`. */
  readonly offset: number;
  readonly timeMs: number;
}

/**
 * What `apply` may do. A draft, the partition's state and a restore each implement it, so the same appliers
 * serve all three. Every put names one part, and a part's new value depends on its former value only.
 */
export interface MutableState {
  head(execution: ExecutionId): ExecutionHead | undefined;
  run(execution: ExecutionId, ordinal: number): Part | undefined;
  putHead(head: ExecutionHead): void;
  putRun(execution: ExecutionId, run: Part): void;
  /** What is forgotten while its execution goes on. */
  dropRun(execution: ExecutionId, ordinal: number): void;
  /** Forgets what the iterations of a loop gave, and what it went through. */
  dropItems(execution: ExecutionId, loop: number): void;
  /** The execution has ended: what is kept of it are events and views. */
  removeExecution(execution: ExecutionId): void;

  /** Keeps the highest sequence of a source. */
  putSource(source: SourcePosition, timeMs: number): void;
  putKey(key: string, execution: ExecutionId, timeMs: number, place: KeyWindowPlace): void;
  heldCommands(execution: ExecutionId): readonly HeldCommand[];
  putHeldCommands(execution: ExecutionId, commands: readonly HeldCommand[]): void;
}
