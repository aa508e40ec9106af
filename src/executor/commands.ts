import type { Positions } from '../engine/partition-state.ts';
import type { Input } from '../engine/input.ts';
import { decodeCommand } from '../records/commands.ts';
import { previewOf } from '../records/preview.ts';
import type { DamagedRange, FetchedBatch } from '../ports/log.ts';
import type { LogRecord } from '../model/log-records.ts';
import type { Candidate, InputSource } from './inputs.ts';
import { RecordQueue } from './record-queue.ts';

/** Kills are short; a longer value that names one is a result that quotes it. */
const KILL_CHARACTERS_MAX = 8_192;

/** The commands of a partition, in the order of the log. */
export class Commands implements InputSource {
  readonly queue = new RecordQueue();
  readonly #partition: number;
  readonly #positions: () => Positions;
  readonly #onPassed: (positions: Positions) => void;
  #kills = 0;

  /**
   * @param positions the partition's, now.
   * @param onPassed told the new positions when offsets without commands were passed.
   */
  constructor(
    partition: number,
    positions: () => Positions,
    onPassed: (positions: Positions) => void,
  ) {
    this.#partition = partition;
    this.#positions = positions;
    this.#onPassed = onPassed;
  }

  /** True while a kill waits: then commands go before everything else, since it cannot overtake them. */
  get killWaits(): boolean {
    return this.#kills > 0;
  }

  read(batch: FetchedBatch): void {
    for (const record of batch.records) if (isKill(record)) this.#kills += 1;
    this.queue.pushBatch(batch);
  }

  next(): Candidate | undefined {
    for (;;) {
      const entry = this.queue.peek();
      if (entry === undefined) return undefined;
      const positions = { ...this.#positions(), nextCommand: entry.next };
      if (entry.kind === 'record') {
        return { source: this, positions, input: commandInput(entry.record, this.#partition) };
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
