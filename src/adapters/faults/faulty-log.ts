/**
 * A log whose network, disk and process fail: a decorator of `ports/Log` for the simulator and the contract
 * suite. It keeps the port's contract (order, lanes, one append in flight) and uses all the freedom that the
 * contract leaves: late and lost acknowledgements, doubled sends, a process that ends or stands still between
 * any two steps. Give it a session of its own, since a crash closes it.
 */
import type { LogRecord, TopicName } from '../../model/log-records.ts';
import type {
  Log,
  LogBounds,
  LogProducer,
  LogSubscriber,
  LogSubscription,
  PartitionWriter,
} from '../../ports/log.ts';
import { Faults } from './faults.ts';
import type { FaultOptions } from './faults.ts';
import { FaultyProducer } from './faulty-producer.ts';
import { FaultySubscription } from './faulty-subscription.ts';
import { FaultyWriter } from './faulty-writer.ts';

export interface FaultyLog extends Log {
  readonly faults: Faults;
  /** SIGSTOP: nothing reaches the process and nothing leaves it until `thaw`. Freeze its clock, too. */
  freeze(): void;
  /** SIGCONT: what was on its way arrives, and what was held goes out. */
  thaw(): void;
  /** kill -9: no call returns any more; what was not yet in the log does not get there. */
  crash(): void;
}

/** The log with the plan's faults, and with those that are set by hand on `faults`. */
export function withFaults(log: Log, options: FaultOptions): FaultyLog {
  return new DecoratedLog(log, options);
}

class DecoratedLog implements FaultyLog {
  readonly faults: Faults;
  readonly #inner: Log;
  /** What may wait for a fault to pass when the log is closed. */
  readonly #opened = new Set<{ close(): void }>();
  #closed = false;

  constructor(inner: Log, options: FaultOptions) {
    this.#inner = inner;
    this.faults = new Faults({
      ...options,
      onCrash: (point, topic, partition) => {
        void inner.close();
        options.onCrash?.(point, topic, partition);
      },
    });
  }

  get partitions(): number {
    return this.#inner.partitions;
  }

  partitionCount(topic: TopicName): number {
    return this.#inner.partitionCount(topic);
  }

  async writer(partition: number, signal?: AbortSignal): Promise<PartitionWriter> {
    const inner = await this.#reached(() => this.#inner.writer(partition, signal));
    const writer = new FaultyWriter(inner, this.faults);
    this.#opened.add(writer);
    return writer;
  }

  producer(): LogProducer {
    const producer = new FaultyProducer(this.#inner.producer(), this.faults);
    this.#opened.add(producer);
    if (this.#closed) producer.close();
    return producer;
  }

  async *read(
    topic: TopicName,
    partition: number,
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    await this.faults.process.pass();
    for await (const page of this.#inner.read(topic, partition, from, to, signal)) {
      await this.faults.process.pass();
      yield page;
    }
  }

  subscribe(subscriber: LogSubscriber): LogSubscription {
    return new FaultySubscription(this.#inner, subscriber, this.faults);
  }

  bounds(topic: TopicName, partition: number, signal?: AbortSignal): Promise<LogBounds> {
    return this.#reached(() => this.#inner.bounds(topic, partition, signal));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const opened of this.#opened) opened.close();
    this.#opened.clear();
    await this.#inner.close();
  }

  freeze(): void {
    this.faults.process.close();
  }

  thaw(): void {
    this.faults.process.open();
  }

  crash(): void {
    this.faults.process.lock();
    void this.#inner.close();
  }

  async #reached<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    await this.faults.process.pass();
    const answer = await call();
    await this.faults.process.pass();
    return answer;
  }
}
