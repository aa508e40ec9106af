import type { Positions } from '../engine/partition-state.ts';
import type { Clock } from '../ports/clock.ts';
import type { AppendOutcome, PartitionWriter } from '../ports/log.ts';
import type { ReadingPlace } from '../records/checkpoints.ts';
import { Batch } from './batch.ts';
import type { BrokerTime } from './broker-time.ts';
import { OwnersLog } from './careful.ts';
import { lossOf } from './partition-lost.ts';
import type { TakenOver } from './takeover.ts';

type Committed = Extract<AppendOutcome, { kind: 'committed' }>;

export interface EventAppenderOptions {
  readonly taken: TakenOver;
  readonly clock: Clock;
  /** The batch is in the log from `baseOffset` on; `through` lies behind it. */
  readonly onCommitted: (batch: Batch, baseOffset: number, tookMs: number) => void;
  /** The log did not take it, for good, or `onCommitted` threw. */
  readonly onEnd: (error: unknown) => void;
}

/**
 * The appends of one owner to `events`: one in flight, batches counted within the epoch. It knows what the log
 * says: up to where it reaches, and what the next owner would read in it.
 */
export class EventAppender {
  readonly owners: OwnersLog;
  readonly #epoch: number;
  readonly #writer: PartitionWriter;
  readonly #brokerTime: BrokerTime;
  readonly #clock: Clock;
  readonly #onCommitted: EventAppenderOptions['onCommitted'];
  readonly #onEnd: EventAppenderOptions['onEnd'];
  #through: ReadingPlace;
  /** As the newest record says. */
  #recorded: Positions;
  /** When this owner appended last; its opening counts. */
  #appendedAt: number;
  #batches = 0;
  #inFlight = false;
  #closed = false;

  constructor({ taken, clock, onCommitted, onEnd }: EventAppenderOptions) {
    this.owners = new OwnersLog(taken.owners);
    this.#epoch = taken.epoch;
    this.#writer = taken.writer;
    this.#brokerTime = taken.brokerTime;
    this.#clock = clock;
    this.#onCommitted = onCommitted;
    this.#onEnd = onEnd;
    this.#through = taken.through;
    this.#recorded = taken.state.positions;
    this.#appendedAt = clock.monotonic();
  }

  get inFlight(): boolean {
    return this.#inFlight;
  }

  /** Behind the newest record that is known to be in the log. */
  get through(): ReadingPlace {
    return this.#through;
  }

  /** How long nothing was appended, ms. */
  get silentMs(): number {
    return this.#clock.monotonic() - this.#appendedAt;
  }

  /** True when the newest record says these positions. */
  hasRecorded({ nextStart, nextCommand }: Positions): boolean {
    return nextStart === this.#recorded.nextStart && nextCommand === this.#recorded.nextCommand;
  }

  newBatch(confirmed: number): Batch {
    return new Batch({ epoch: this.#epoch, batch: this.#batches, confirmed });
  }

  append(batch: Batch): void {
    const sentAt = this.#clock.monotonic();
    this.#inFlight = true;
    this.#appendedAt = sentAt;
    this.#batches += 1;
    this.#recorded = batch.positions ?? this.#recorded;
    void this.#writer.append('events', batch.records).then((outcome) => {
      this.#inFlight = false;
      if (this.#closed) return;
      try {
        if (outcome.kind === 'committed') this.#committed(batch, outcome, sentAt);
        else this.#onEnd(lossOf(outcome));
      } catch (error) {
        this.#onEnd(error);
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#writer.close();
  }

  #committed(batch: Batch, { baseOffset, timestampMs }: Committed, sentAt: number): void {
    this.#brokerTime.observe(timestampMs);
    const { records, own } = batch;
    const offset = baseOffset + records.length;
    const { epoch, batch: number } = batch.place;
    this.#through = { offset, epoch, batch: number, index: records.length - 1 };
    if (own?.kind === 'input.began') this.owners.began(own.what);
    else this.owners.progressed();
    this.#onCommitted(batch, baseOffset, this.#clock.monotonic() - sentAt);
  }
}
