import { limits } from '../../model/limits.ts';
import type { OutgoingRecord } from '../../model/log-records.ts';
import { type BackOff, backOffMs } from '../../ports/clock.ts';
import type { SendOutcome } from '../../ports/log.ts';
import type { KafkaTopic } from './topics.ts';
import type { ProduceDispatcher } from './wire/dispatcher.ts';
import { errorCode } from './wire/error-codes.ts';
import type { ProduceResult } from './wire/produce.ts';
import { EMPTY_BATCH_BYTES, encodeBatch, recordBytes } from './wire/record-batch.ts';
import { refusalOfCode } from './refusals.ts';

/** A record on its way. */
export interface QueuedRecord {
  readonly record: OutgoingRecord;
  /** Monotonic ms; undefined = waits without end. */
  readonly deadline: number | undefined;
  readonly settle: (outcome: SendOutcome) => void;
}

const BACK_OFF: BackOff = { firstMs: 20, longestMs: 500 };

/**
 * One topic-partition of one producer: records in order, one batch in flight; what arrives meanwhile goes into
 * the next. A temporary error repeats the same records, and holds only this lane. Records are plain (no
 * producer id), so a batch whose answer was lost may be written twice: receivers know repeats by source.
 */
export class Lane {
  readonly #topic: KafkaTopic;
  readonly #partition: number;
  readonly #dispatcher: ProduceDispatcher;
  #waiting: QueuedRecord[] = [];
  #inFlight: readonly QueuedRecord[] = [];
  /** The encoded batch in flight, kept for a repeat. */
  #bytes: Buffer | undefined;
  #state: 'idle' | 'submitted' | 'retrying' = 'idle';
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** When that timer fires, monotonic ms: at the earliest deadline, or before it. */
  #deadlineAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(topic: KafkaTopic, partition: number, dispatcher: ProduceDispatcher) {
    this.#topic = topic;
    this.#partition = partition;
    this.#dispatcher = dispatcher;
  }

  add(record: QueuedRecord): void {
    this.#waiting.push(record);
    if (record.deadline !== undefined) this.#watch(record.deadline);
    if (this.#state === 'idle') this.#submit();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#unwatch();
    for (const { settle } of [...this.#inFlight, ...this.#waiting]) settle({ kind: 'closed' });
    this.#waiting = [];
    this.#inFlight = [];
  }

  #submit(): void {
    this.#state = 'submitted';
    this.#dispatcher.submit({
      topic: this.#topic.name,
      partition: this.#partition,
      bytes: () => this.#take(),
      onResult: (result) => {
        if (!this.#closed) this.#onResult(result);
      },
    });
  }

  /** The batch for the request that is being made: the one to repeat, or what waits by now. */
  #take(): Buffer | undefined {
    if (this.#closed) return undefined;
    if (this.#bytes !== undefined) return this.#bytes;
    this.#inFlight = this.#takeWaiting();
    if (this.#inFlight.length === 0) {
      this.#state = 'idle';
      return undefined;
    }
    const records = this.#inFlight.map(({ record }) => record);
    this.#bytes = encodeBatch(records, { timestampMs: Date.now() });
    return this.#bytes;
  }

  #takeWaiting(): readonly QueuedRecord[] {
    this.#expire();
    let bytes = EMPTY_BATCH_BYTES;
    let count = 0;
    for (const { record } of this.#waiting) {
      bytes += recordBytes(record, count);
      if (count > 0 && bytes > limits.batchBytes.value) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #onResult(result: ProduceResult): void {
    const { action } = errorCode(result.code);
    if (action === 'committed') this.#acknowledge(result);
    else if (action === 'refused' || action === 'configuration') this.#refuse(result.code);
    else this.#repeatLater();
  }

  #acknowledge({ baseOffset, logAppendTimeMs }: ProduceResult): void {
    const done = this.#inFlight;
    this.#next();
    done.forEach(({ settle }, index) => {
      settle({ kind: 'acknowledged', offset: baseOffset + index, timestampMs: logAppendTimeMs });
    });
  }

  /** Only the record that is at fault is refused: a batch of several is tried one by one. */
  #refuse(code: number): void {
    const refused = this.#inFlight;
    const [only] = refused;
    if (refused.length > 1 && only !== undefined) {
      this.#waiting.unshift(...refused.slice(1));
      this.#inFlight = [only];
      this.#bytes = encodeBatch([only.record], { timestampMs: Date.now() });
      this.#submit();
      return;
    }
    this.#next();
    for (const { settle } of refused) settle(refusalOfCode(code, this.#topic.name));
  }

  #next(): void {
    this.#failures = 0;
    this.#inFlight = [];
    this.#bytes = undefined;
    this.#state = 'idle';
    if (this.#waiting.length > 0) this.#submit();
    else this.#unwatch();
  }

  #repeatLater(): void {
    this.#state = 'retrying';
    const delayMs = backOffMs(BACK_OFF, this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.#submit();
    }, delayMs);
  }

  /** One timer a lane: one for each record would cost more than the record. */
  #watch(deadline: number): void {
    if (deadline >= this.#deadlineAt) return;
    clearTimeout(this.#deadline);
    this.#deadlineAt = deadline;
    const delayMs = Math.max(0, deadline - performance.now()) + 1;
    this.#deadline = setTimeout(() => {
      this.#unwatch();
      this.#expire();
      this.#giveUpInFlight();
      this.#watch(this.#earliestDeadline());
    }, delayMs);
  }

  #unwatch(): void {
    clearTimeout(this.#deadline);
    this.#deadlineAt = Number.POSITIVE_INFINITY;
  }

  #earliestDeadline(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const queue of [this.#inFlight, this.#waiting]) {
      for (const { deadline } of queue) {
        if (deadline !== undefined && deadline < earliest) earliest = deadline;
      }
    }
    return earliest;
  }

  /** Nobody waits for these any more, and they have not been sent. */
  #expire(): void {
    const now = performance.now();
    const isLate = ({ deadline }: QueuedRecord): boolean =>
      deadline !== undefined && deadline <= now;
    if (!this.#waiting.some(isLate)) return;
    const late = this.#waiting.filter(isLate);
    this.#waiting = this.#waiting.filter((queued) => !isLate(queued));
    for (const { settle } of late) settle({ kind: 'expired' });
  }

  /** They may have been written: the caller is told, and the batch goes on until the log has answered. */
  #giveUpInFlight(): void {
    const now = performance.now();
    this.#inFlight = this.#inFlight.map((queued) => {
      if (queued.deadline === undefined || queued.deadline > now) return queued;
      queued.settle({ kind: 'unknown' });
      return { record: queued.record, deadline: undefined, settle: () => undefined };
    });
  }
}
