import type { Event, KeyWindowPlace } from '../model/events.ts';
import type { ExecutionId } from '../model/ids.ts';
import type { SourcePosition } from '../model/starts.ts';
import { apply } from './apply.ts';
import { jsonBytes } from './estimate.ts';
import type { PartitionState } from './partition-state.ts';
import { ExecutionOverlay } from './state/execution-overlay.ts';
import { type ExecutionHead, type ExecutionView, itemsOf, type Part } from './state/execution.ts';
import type { HeldCommand, MutableState } from './state/mutable-state.ts';

/** What a step counts and does not record. */
export type Counter =
  | 'start-repeated'
  | 'command-repeated'
  | 'dispatch-superseded'
  | 'timer-superseded'
  | 'keys-dropped'
  | 'public-record-refused'
  | 'log-line-refused'
  | 'effect-refused';

/**
 * A copy-on-write view of a partition's state: what a step emits is applied here at once, and is seen by the
 * rest of the step, but by nobody else before `merge`. A step that throws leaves no trace: the draft is
 * forgotten.
 */
export class Draft implements MutableState {
  readonly state: PartitionState;
  readonly #events: Event[] = [];
  #bytes = 0;
  readonly #counters = new Map<Counter, number>();
  readonly #executions = new Map<ExecutionId, ExecutionOverlay>();
  readonly #held = new Map<ExecutionId, readonly HeldCommand[]>();
  /** What the partition itself remembers: nothing in a step reads it back. */
  readonly #remembered: ((state: MutableState) => void)[] = [];

  constructor(state: PartitionState) {
    this.state = state;
  }

  get events(): readonly Event[] {
    return this.#events;
  }

  /** Estimate of the events' size as records. */
  get bytes(): number {
    return this.#bytes;
  }

  get counters(): ReadonlyMap<Counter, number> {
    return this.#counters;
  }

  execution(id: ExecutionId): ExecutionView | undefined {
    const overlay = this.#executions.get(id);
    if (overlay === undefined) return this.state.execution(id);
    return overlay.removed ? undefined : overlay;
  }

  /** Applies the event to the draft at once. */
  emit(event: Event): void {
    this.#events.push(event);
    this.#bytes += jsonBytes(event);
    apply(this, event);
  }

  count(counter: Counter, amount = 1): void {
    this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + amount);
  }

  /** Writes the changes into the partition's state. */
  merge(): void {
    const { base } = this.state;
    for (const remember of this.#remembered) remember(base);
    for (const [execution, commands] of this.#held) base.putHeldCommands(execution, commands);
    for (const [execution, overlay] of this.#executions) {
      if (overlay.removed) {
        base.removeExecution(execution);
        continue;
      }
      for (const ordinal of overlay.dropped) base.dropRun(execution, ordinal);
      for (const run of overlay.runs.values()) base.putRun(execution, run);
      if (overlay.changedHead !== undefined) base.putHead(overlay.changedHead);
      base.dirty.grow(execution, this.#bytes);
    }
  }

  head(execution: ExecutionId): ExecutionHead | undefined {
    return this.execution(execution)?.head;
  }

  run(execution: ExecutionId, ordinal: number): Part | undefined {
    return this.execution(execution)?.run(ordinal);
  }

  putHead(head: ExecutionHead): void {
    this.#overlay(head.origin.execution).setHead(head);
  }

  putRun(execution: ExecutionId, run: Part): void {
    this.#overlay(execution).setRun(run);
  }

  dropRun(execution: ExecutionId, ordinal: number): void {
    this.#overlay(execution).dropRun(ordinal);
  }

  dropItems(execution: ExecutionId, loop: number): void {
    const overlay = this.#overlay(execution);
    for (const { ordinal } of itemsOf(overlay, loop)) overlay.dropRun(ordinal);
  }

  removeExecution(execution: ExecutionId): void {
    this.#overlay(execution).removed = true;
  }

  putSource(source: SourcePosition, timeMs: number): void {
    this.#remembered.push((state) => {
      state.putSource(source, timeMs);
    });
  }

  putKey(key: string, execution: ExecutionId, timeMs: number, place: KeyWindowPlace): void {
    this.#remembered.push((state) => {
      state.putKey(key, execution, timeMs, place);
    });
  }

  heldCommands(execution: ExecutionId): readonly HeldCommand[] {
    return this.#held.get(execution) ?? this.state.base.heldCommands(execution);
  }

  putHeldCommands(execution: ExecutionId, commands: readonly HeldCommand[]): void {
    this.#held.set(execution, commands);
  }

  #overlay(execution: ExecutionId): ExecutionOverlay {
    const known = this.#executions.get(execution);
    if (known !== undefined) return known;
    const overlay = new ExecutionOverlay(this.state.base.executions.get(execution)?.entity);
    this.#executions.set(execution, overlay);
    return overlay;
  }
}
