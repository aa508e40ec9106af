import { assert } from '../../support/assert.ts';
import type { OutgoingRecord } from '../../model/log-records.ts';
import type { AppendOutcome, PartitionWriter } from '../../ports/log.ts';
import type { Faults } from './faults.ts';

/** A writer whose batches and outcomes are held up. */
export class FaultyWriter implements PartitionWriter {
  readonly #inner: PartitionWriter;
  readonly #faults: Faults;
  readonly #closed = Promise.withResolvers<AppendOutcome>();
  readonly #inFlight = new Set<'events' | 'checkpoints'>();
  #isClosed = false;

  constructor(inner: PartitionWriter, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  get partition(): number {
    return this.#inner.partition;
  }

  append(
    topic: 'events' | 'checkpoints',
    records: readonly OutgoingRecord[],
  ): Promise<AppendOutcome> {
    if (this.#isClosed) return this.#closed.promise;
    assert(!this.#inFlight.has(topic), `one append to ${topic} at a time`);
    this.#inFlight.add(topic);
    const outcome = Promise.race([this.#append(topic, records), this.#closed.promise]);
    return outcome.finally(() => this.#inFlight.delete(topic));
  }

  close(): void {
    this.#faults.process.through(() => {
      this.#isClosed = true;
      this.#closed.resolve({ kind: 'closed' });
      this.#inner.close();
    });
  }

  async #append(
    topic: 'events' | 'checkpoints',
    records: readonly OutgoingRecord[],
  ): Promise<AppendOutcome> {
    await this.#faults.beforeWrite('append', topic, this.partition);
    if (this.#isClosed) return { kind: 'closed' };
    const outcome = await this.#inner.append(topic, records);
    await this.#faults.afterWrite('append', topic, this.partition);
    return outcome;
  }
}
