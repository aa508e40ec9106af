/**
 * A subscription whose deliveries arrive late, and not while the process stands still. Each topic-partition has
 * a queue of its own: order within it stays, order between them does not. A full queue pauses the log beneath.
 */
import type { TopicName } from '../../model/log-records.ts';
import type { Log, LogSubscriber, LogSubscription } from '../../ports/log.ts';
import type { Faults } from './faults.ts';

/** Deliveries held before the log beneath is paused. */
const HELD_MAX = 4;

interface Held {
  readonly topic: TopicName;
  readonly partition: number;
  readonly calls: (() => void)[];
  paused: boolean;
  draining: boolean;
  dropped: boolean;
}

export class FaultySubscription implements LogSubscription {
  readonly #faults: Faults;
  readonly #inner: LogSubscription;
  readonly #held = new Map<string, Held>();

  constructor(log: Log, subscriber: LogSubscriber, faults: Faults) {
    this.#faults = faults;
    this.#inner = log.subscribe({
      onRecords: (batch) => this.#arrived(batch, () => subscriber.onRecords(batch)),
      onDamaged: (range) => this.#arrived(range, () => subscriber.onDamaged?.(range)),
      onOutOfRange: (topic, partition, bounds) => {
        this.#arrived({ topic, partition }, () => {
          this.#forget(topic, partition);
          subscriber.onOutOfRange(topic, partition, bounds);
        });
      },
    });
  }

  assign(topic: TopicName, partition: number, offset: number): void {
    this.#forget(topic, partition);
    const held = { topic, partition, calls: [], paused: false, draining: false, dropped: false };
    this.#held.set(name(topic, partition), held);
    this.#inner.assign(topic, partition, offset);
  }

  unassign(topic: TopicName, partition: number): void {
    this.#forget(topic, partition);
    this.#inner.unassign(topic, partition);
  }

  pause(topic: TopicName, partition: number): void {
    const held = this.#held.get(name(topic, partition));
    if (held !== undefined) held.paused = true;
    this.#inner.pause(topic, partition);
  }

  resume(topic: TopicName, partition: number): void {
    const held = this.#held.get(name(topic, partition));
    if (held === undefined) return;
    held.paused = false;
    if (held.calls.length > 0) void this.#drain(held);
    else this.#inner.resume(topic, partition);
  }

  close(): Promise<void> {
    for (const held of this.#held.values()) held.dropped = true;
    this.#held.clear();
    return this.#inner.close();
  }

  #forget(topic: TopicName, partition: number): void {
    const held = this.#held.get(name(topic, partition));
    if (held !== undefined) held.dropped = true;
    this.#held.delete(name(topic, partition));
  }

  #arrived(from: { topic: TopicName; partition: number }, call: () => void): void {
    const held = this.#held.get(name(from.topic, from.partition));
    if (held === undefined) return;
    held.calls.push(call);
    if (held.calls.length >= HELD_MAX) this.#inner.pause(from.topic, from.partition);
    void this.#drain(held);
  }

  async #drain(held: Held): Promise<void> {
    if (held.draining) return;
    held.draining = true;
    while (held.calls.length > 0 && !held.paused && !held.dropped) {
      const delayMs = this.#faults.deliveryDelayMs();
      if (delayMs > 0) await this.#after(delayMs);
      // Always after a turn of its own: a delivery never happens inside a call of the subscriber's.
      else await this.#faults.clock.yield();
      await this.#faults.process.pass();
      if (!isHeldBack(held)) held.calls.shift()?.();
    }
    held.draining = false;
    if (held.calls.length === 0 && !isHeldBack(held)) {
      this.#inner.resume(held.topic, held.partition);
    }
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#faults.clock.after(delayMs, resolve));
  }
}

/** Asked anew after every wait: the subscriber may have paused or unassigned meanwhile. */
function isHeldBack(held: Held): boolean {
  return held.paused || held.dropped;
}

function name(topic: TopicName, partition: number): string {
  return `${topic}/${partition}`;
}
