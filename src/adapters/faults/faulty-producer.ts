/**
 * A producer whose lanes are held up one by one: what is sent while a lane's batch is on its way waits for the
 * next, as the port says. A deadline ends a record that waits (`expired`) or is on its way (`unknown`).
 */
import type { OutgoingRecord, TopicName } from '../../model/log-records.ts';
import type { LogProducer, SendOutcome } from '../../ports/log.ts';
import type { Faults } from './faults.ts';

interface Sending {
  readonly record: OutgoingRecord;
  readonly resolve: (outcome: SendOutcome) => void;
  cancelDeadline?: () => void;
  onItsWay: boolean;
  ended: boolean;
}

interface Lane {
  readonly topic: TopicName;
  readonly partition: number;
  waiting: Sending[];
  busy: boolean;
}

export class FaultyProducer implements LogProducer {
  readonly #inner: LogProducer;
  readonly #faults: Faults;
  readonly #lanes = new Map<string, Lane>();
  readonly #open = new Set<Sending>();
  #closed = false;

  constructor(inner: LogProducer, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  send(
    topic: TopicName,
    partition: number,
    record: OutgoingRecord,
    options?: { readonly deadlineMs?: number },
  ): Promise<SendOutcome> {
    if (this.#closed) return Promise.resolve({ kind: 'closed' });
    return new Promise((resolve) => {
      const sending: Sending = { record, resolve, onItsWay: false, ended: false };
      this.#open.add(sending);
      if (options?.deadlineMs !== undefined) {
        sending.cancelDeadline = this.#faults.clock.after(options.deadlineMs, () => {
          const kind = sending.onItsWay ? 'unknown' : 'expired';
          this.#faults.process.through(() => this.#end(sending, { kind }));
        });
      }
      const lane = this.#lane(topic, partition);
      lane.waiting.push(sending);
      if (!lane.busy) void this.#run(lane);
    });
  }

  close(): void {
    this.#faults.process.through(() => {
      this.#closed = true;
      for (const sending of [...this.#open]) this.#end(sending, { kind: 'closed' });
      this.#inner.close();
    });
  }

  #lane(topic: TopicName, partition: number): Lane {
    const name = `${topic}/${partition}`;
    const found = this.#lanes.get(name) ?? { topic, partition, waiting: [], busy: false };
    this.#lanes.set(name, found);
    return found;
  }

  async #run(lane: Lane): Promise<void> {
    lane.busy = true;
    const { topic, partition } = lane;
    while (lane.waiting.length > 0) {
      await this.#faults.beforeWrite('send', topic, partition);
      const batch = lane.waiting.filter(({ ended }) => !ended);
      lane.waiting = [];
      const outcomes = await this.#write(lane, batch);
      await this.#faults.afterWrite('send', topic, partition);
      batch.forEach((sending, index) => {
        const outcome = outcomes[index];
        if (outcome !== undefined) this.#end(sending, outcome);
      });
    }
    lane.busy = false;
  }

  /** Sent twice, the sender hears of the second time, as after a repeat. */
  async #write(lane: Lane, batch: readonly Sending[]): Promise<readonly SendOutcome[]> {
    for (const sending of batch) sending.onItsWay = true;
    const times = this.#faults.isDuplicated() ? 2 : 1;
    const all = Array.from({ length: times }, () =>
      batch.map(({ record }) => this.#inner.send(lane.topic, lane.partition, record)),
    );
    return Promise.all(all.at(-1) ?? []);
  }

  #end(sending: Sending, outcome: SendOutcome): void {
    if (sending.ended) return;
    sending.ended = true;
    sending.cancelDeadline?.();
    this.#open.delete(sending);
    sending.resolve(outcome);
  }
}
