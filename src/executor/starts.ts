import type { Input, StartInput } from '../engine/input.ts';
import type { Positions } from '../engine/partition-state.ts';
import { limits } from '../model/limits.ts';
import type { LogRecord } from '../model/log-records.ts';
import type { Parsed, StartRequest } from '../model/starts.ts';
import type { DamagedRange, FetchedBatch } from '../ports/log.ts';
import { previewOf } from '../records/preview.ts';
import { decodeStart } from '../records/starts.ts';
import type { Candidate, InputSource } from './inputs.ts';
import { RecordQueue } from './record-queue.ts';
import type { StartGate } from './start-gate.ts';

/** The starts of a partition, in the order of the log. Only here may the executor hold input back. */
export class Starts implements InputSource {
  readonly queue = new RecordQueue();
  readonly #partition: number;
  readonly #gate: StartGate;
  readonly #held: () => boolean;
  readonly #positions: () => Positions;
  readonly #onPassed: (positions: Positions) => void;
  #head: { readonly offset: number; readonly start: Parsed<StartRequest> } | undefined;

  constructor(options: {
    readonly partition: number;
    readonly gate: StartGate;
    /** True while nothing may be started. */
    readonly held: () => boolean;
    /** The partition's, now. */
    readonly positions: () => Positions;
    /** Told the new positions when offsets without starts were passed. */
    readonly onPassed: (positions: Positions) => void;
  }) {
    this.#partition = options.partition;
    this.#gate = options.gate;
    this.#held = options.held;
    this.#positions = options.positions;
    this.#onPassed = options.onPassed;
  }

  read(batch: FetchedBatch): void {
    this.queue.pushBatch(batch, this.#gate.ticket());
  }

  next(): Candidate | undefined {
    if (this.#held()) return undefined;
    for (;;) {
      const entry = this.queue.peek();
      if (entry === undefined) return undefined;
      const positions = { ...this.#positions(), nextStart: entry.next };
      if (entry.kind === 'nothing') {
        this.queue.shift();
        this.#onPassed(positions);
        continue;
      }
      const input =
        entry.kind === 'damaged'
          ? damagedInput(entry.range, entry.timeMs)
          : this.#startInput(entry.record, entry.ticket);
      return input === undefined ? undefined : { source: this, positions, input };
    }
  }

  accept(): void {
    this.queue.shift();
    this.#head = undefined;
  }

  /** Undefined while the start waits for the replica of `flows`. */
  #startInput(record: LogRecord, ticket: number): Input | undefined {
    const { offset, timestampMs, value } = record;
    const origin = { topic: 'starts', partition: this.#partition, offset };
    if (this.#head?.offset !== offset) {
      // A start that waits is looked at in every turn: it is decoded once.
      this.#head = { offset, start: decodeStart(record, origin) };
    }
    const { start } = this.#head;
    const verdict = this.#gate.check(start, ticket);
    if (verdict === 'wait') return undefined;
    const refusal = verdict === 'pass' ? {} : { refusal: verdict };
    return new ReadStart({ offset, timeMs: timestampMs, origin, start, ...refusal }, value);
  }
}

/** The preview is for dead letters alone, and is made only when one is written. */
class ReadStart implements StartInput {
  readonly kind = 'start';
  readonly offset: number;
  readonly timeMs: number;
  readonly origin: StartInput['origin'];
  readonly start: StartInput['start'];
  declare readonly refusal?: { readonly reason: string; readonly message: string };
  readonly #value: string | null;

  constructor(read: Omit<StartInput, 'kind' | 'preview'>, value: string | null) {
    this.offset = read.offset;
    this.timeMs = read.timeMs;
    this.origin = read.origin;
    this.start = read.start;
    if (read.refusal !== undefined) this.refusal = read.refusal;
    this.#value = value;
  }

  get preview(): string {
    return previewOf(this.#value);
  }
}

function damagedInput(range: DamagedRange, timeMs: number): StartInput {
  const { partition, firstOffset, lastOffset, reason } = range;
  const message =
    `Offsets ${firstOffset} to ${lastOffset} cannot be decoded: ${reason}. ` +
    `Their starts must be sent again in a batch of ${limits.batchBytes.value} bytes at most.`;
  return {
    kind: 'start',
    offset: firstOffset,
    timeMs,
    origin: { topic: 'starts', partition, offset: firstOffset },
    start: { ok: false, reason: 'batch-damaged', message },
    preview: '',
  };
}
