/**
 * What goes wrong, and when. A plan gives chances; a seeded `ports/Random` and a `ports/Clock` decide, so that
 * with virtual time a seed is one history. Tests set single faults by hand with the same object.
 */
import type { TopicName } from '../../model/log-records.ts';
import type { Clock } from '../../ports/clock.ts';
import { sleep } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import { Gate } from './gate.ts';

/** A fault that lasts: its probability each time it can happen, and its longest duration. */
export interface Chance {
  readonly chance: number;
  readonly maxMs: number;
}

/** What is left out never happens. A *batch* is an append, or what goes out at once on a lane. */
export interface FaultPlan {
  /** A batch reaches the log late. */
  readonly delay?: Chance;
  /** A batch is in the log, and its outcome comes as late as after a repeat. */
  readonly lostAcknowledgement?: Chance;
  /** A batch of a producer is in the log twice: its sender repeated it. Appends are never doubled. */
  readonly duplicate?: { readonly chance: number };
  /** The log takes nothing from this process for a while, as with a full disk. */
  readonly refusal?: Chance;
  /** Records arrive late, in order within their topic-partition. */
  readonly slowDelivery?: Chance;
  /** The process ends, before or after a batch got into the log. */
  readonly crash?: { readonly chance: number };
}

export type CrashPoint = 'before-append' | 'after-append' | 'before-send' | 'after-send';

export interface FaultOptions {
  readonly plan: FaultPlan;
  readonly random: Random;
  readonly clock: Clock;
  /** The process has ended at this point; nothing reaches it any more. */
  onCrash?(point: CrashPoint, topic: TopicName, partition: number): void;
}

type Kind = 'append' | 'send';

export class Faults {
  /** Closed while the process stands still, locked once it has ended. */
  readonly process = new Gate();
  readonly clock: Clock;
  readonly #options: FaultOptions;
  readonly #stalls = new Map<string, Gate>();
  readonly #silences = new Map<string, Gate>();
  #refusingUntilMs = 0;

  constructor(options: FaultOptions) {
    this.#options = options;
    this.clock = options.clock;
  }

  /** Nothing gets into the topic-partition from here until the returned function is called. */
  stall(topic: TopicName, partition: number): () => void {
    return closed(this.#stalls, topic, partition);
  }

  /** What gets into the topic-partition is not acknowledged until the returned function is called. */
  silence(topic: TopicName, partition: number): () => void {
    return closed(this.#silences, topic, partition);
  }

  /** Before a batch goes into the log. */
  async beforeWrite(kind: Kind, topic: TopicName, partition: number): Promise<void> {
    const { plan } = this.#options;
    await this.process.pass();
    await this.#crashMaybe(`before-${kind}`, topic, partition);
    await this.#stalls.get(place(topic, partition))?.pass();
    const refusalMs = this.#draw(plan.refusal);
    this.#refusingUntilMs = Math.max(this.#refusingUntilMs, this.clock.monotonic() + refusalMs);
    await this.#wait(this.#draw(plan.delay));
    while (this.#refusingUntilMs > this.clock.monotonic()) {
      await this.#wait(this.#refusingUntilMs - this.clock.monotonic());
    }
    await this.process.pass();
  }

  /** After it is in the log, before the process hears of it. */
  async afterWrite(kind: Kind, topic: TopicName, partition: number): Promise<void> {
    await this.#crashMaybe(`after-${kind}`, topic, partition);
    await this.#silences.get(place(topic, partition))?.pass();
    await this.#wait(this.#draw(this.#options.plan.lostAcknowledgement));
    await this.process.pass();
  }

  isDuplicated(): boolean {
    return this.#happens(this.#options.plan.duplicate?.chance);
  }

  /** How late a fetched batch arrives. */
  deliveryDelayMs(): number {
    return this.#draw(this.#options.plan.slowDelivery);
  }

  async #crashMaybe(point: CrashPoint, topic: TopicName, partition: number): Promise<void> {
    if (this.process.isOpen && this.#happens(this.#options.plan.crash?.chance)) {
      this.process.lock();
      this.#options.onCrash?.(point, topic, partition);
    }
    if (!this.process.isOpen) await this.process.pass();
  }

  #happens(chance = 0): boolean {
    return chance > 0 && this.#options.random.next() < chance;
  }

  #draw(fault: Chance | undefined): number {
    if (fault === undefined || !this.#happens(fault.chance)) return 0;
    return this.#options.random.next() * fault.maxMs;
  }

  async #wait(delayMs: number): Promise<void> {
    if (delayMs > 0) await sleep(this.clock, delayMs);
  }
}

function place(topic: TopicName, partition: number): string {
  return `${topic}/${partition}`;
}

function closed(gates: Map<string, Gate>, topic: TopicName, partition: number): () => void {
  const gate = new Gate();
  gate.close();
  gates.set(place(topic, partition), gate);
  return () => {
    gates.delete(place(topic, partition));
    gate.open();
  };
}
