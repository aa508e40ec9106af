import type { FlowRegistry } from '../flow/registry.ts';
import { parseTriggerKey } from '../model/triggers.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogProducer } from '../ports/log.ts';
import { triggerTombstone } from '../records/triggers.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { TriggerBoard } from './trigger-board.ts';

const SWEEP_MS = 60_000;
const SEND_MS = 5_000;

export interface HousekeepingOptions {
  readonly board: TriggerBoard;
  readonly clock: Clock;
  readonly registry: FlowRegistry;
  readonly producer: LogProducer;
  readonly open: () => readonly OwnedPartition[];
}

/**
 * Takes out of `triggers` what nobody needs any more, each owner in its partitions: what dead processes said, and
 * what is about triggers that are gone. The topic keeps one record a key without end, so somebody must.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #cancel: () => void = () => undefined;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(SWEEP_MS, () => {
      this.sweep();
      this.start();
    });
  }

  close(): void {
    this.#cancel();
  }

  sweep(): void {
    const { board, open } = this.#options;
    for (const owned of open()) {
      const { partition } = owned;
      const keys = new Set(board.leftBehind(partition));
      for (const { key, trigger } of board.keysOf(partition)) {
        if (this.#isGone(trigger)) keys.add(key);
      }
      for (const trigger of owned.triggers()) if (this.#isGone(trigger)) owned.forget(trigger);
      for (const key of keys) this.#remove(partition, key);
    }
  }

  #remove(partition: number, key: string): void {
    const { producer } = this.#options;
    void producer.send('triggers', partition, triggerTombstone(key), { deadlineMs: SEND_MS });
  }

  /** Only of a flow that was deleted, or whose newest revision reads and has no such trigger. */
  #isGone(key: string): boolean {
    const { registry } = this.#options;
    const name = parseTriggerKey(key);
    if (name === undefined) return true;
    const { namespace, flow, trigger } = name;
    const newest = registry.headOf(namespace, flow);
    if (newest.revision === 0) return true;
    const head = registry.head(namespace, flow);
    return head?.revision === newest.revision && !head.triggers.some(({ id }) => id === trigger);
  }
}
