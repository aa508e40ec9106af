import type { Positions } from '../engine/partition-state.ts';
import type { Input } from '../engine/input.ts';
import { decodeCommand } from '../records/commands.ts';
import { previewOf } from '../records/preview.ts';
import type { DamagedRange, FetchedBatch } from '../ports/log.ts';
import type { LogRecord } from '../model/log-records.ts';
import type { Candidate, InputSource } from './inputs.ts';
import type { ForwardedStarts } from './forwarded-starts.ts';
import { RecordQueue } from './record-queue.ts';

/** Kills are short; a longer value that names one is a result that quotes it. */
const KILL_CHARACTERS_MAX = 8_192;

/**
 * The commands of a partition, in the order of the log. They are never held back, except that a start among
 * them waits for its flow.
 */
export class Commands implements InputSource {
  readonly queue = new RecordQueue();
  readonly #partition: number;
  readonly #forwarded: ForwardedStarts;
  readonly #positions: () => Positions;
  readonly #onPassed: (positions: Positions) => void;
  #kills = 0;
  /** The first command, once it has been looked at: one that waits is decoded once. */
  #head: { readonly offset: number; readonly input: Input } | undefined;

  constructor(options: {
    readonly partition: number;
    readonly forwarded: ForwardedStarts;
    /** The partition's, now. */
    readonly positions: () => Positions;
    /** Told the new positions when offsets without commands were passed. */
    readonly onPassed: (positions: Positions) => void;
  }) {
    this.#partition = options.partition;
    this.#forwarded = options.forwarded;
    this.#positions = options.positions;
    this.#onPassed = options.onPassed;
  }

  /** True while a kill waits: then commands go before everything else, since it cannot overtake them. */
  get killWaits(): boolean {
    return this.#kills > 0;
  }

  read(batch: FetchedBatch): void {
    for (const record of batch.records) if (isKill(record)) this.#kills += 1;
    this.queue.pushBatch(batch, this.#forwarded.ticket());
  }

  next(): Candidate | undefined {
    for (;;) {
      const entry = this.queue.peek();
      if (entry === undefined) return undefined;
      const positions = { ...this.#positions(), nextCommand: entry.next };
      if (entry.kind === 'record') {
        const input = this.#commandInput(entry.record, entry.ticket);
        return input === undefined ? undefined : { source: this, positions, input };
      }
      if (entry.kind === 'damaged') {
        return { source: this, positions, input: damagedInput(entry.range, entry.timeMs) };
      }
      this.queue.shift();
      this.#onPassed(positions);
    }
  }

  accept(): void {
    const entry = this.queue.peek();
    if (entry?.kind === 'record' && isKill(entry.record)) this.#kills -= 1;
    this.queue.shift();
    this.#head = undefined;
  }

  /** Undefined while a forwarded start waits for the replica of `flows`. */
  #commandInput(record: LogRecord, ticket: number): Input | undefined {
    if (this.#head?.offset !== record.offset) {
      this.#head = { offset: record.offset, input: commandInput(record, this.#partition) };
    }
    const { input } = this.#head;
    if (input.kind !== 'command' || input.command.type !== 'start.forwarded') return input;
    const verdict = this.#forwarded.check(input.command, input.offset, ticket);
    if (verdict === 'wait') return undefined;
    return verdict === 'pass' ? input : { ...input, refusal: verdict };
  }
}

function isKill({ value }: LogRecord): boolean {
  return (
    value !== null && value.length <= KILL_CHARACTERS_MAX && value.includes('"execution.kill"')
  );
}

function commandInput(record: LogRecord, partition: number): Input {
  const { offset, timestampMs: timeMs, value } = record;
  const decoded = decodeCommand(record);
  if (decoded.ok) return { kind: 'command', offset, timeMs, command: decoded.value };
  const { reason, message } = decoded;
  const origin = { topic: 'commands', partition, offset };
  return {
    kind: 'unreadable-command',
    offset,
    timeMs,
    origin,
    reason,
    message,
    preview: previewOf(value),
  };
}

function damagedInput(range: DamagedRange, timeMs: number): Input {
  const { partition, firstOffset, lastOffset, reason } = range;
  return {
    kind: 'unreadable-command',
    offset: firstOffset,
    timeMs,
    origin: { topic: 'commands', partition, offset: firstOffset },
    reason: 'batch-damaged',
    message: `Offsets ${firstOffset} to ${lastOffset} cannot be decoded: ${reason}`,
    preview: '',
  };
}
