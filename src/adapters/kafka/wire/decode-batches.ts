import { readBatchHeader, type BatchHeader } from './batch-header.ts';
import { ByteReader, MalformedBytesError } from './byte-reader.ts';
import { CompressionError } from './compression-error.ts';
import { decompress } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { BATCH, BATCH_PREFIX_BYTES, MAGIC } from './record-batch.ts';
import { RecordReader, type BatchRecordReader, type DecodedRecord } from './record-reader.ts';

/**
 * Of a transaction that was rolled back: its producer's records from this offset to its abort
 * marker.
 */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface DecodeOptions {
  /** Records below are left out: a fetch from the middle of a batch returns the whole batch. */
  readonly fromOffset: number;
  /** The log's end, so that a damaged batch cannot move the position beyond it. */
  readonly highWatermark: number;
  /** From a fetch with isolation `read_committed`; their records are left out. */
  readonly abortedTransactions?: readonly AbortedTransaction[];
}

export interface DecodedBatches<Record = DecodedRecord> {
  readonly records: readonly Record[];
  readonly damaged: readonly DamagedBatch[];
  /**
   * Where the next fetch begins: after the last whole batch, whether its last offsets still exist
   * or not.
   */
  readonly nextOffset: number;
}

/** A batch whose records cannot be had; `nextOffset` has passed it. */
export interface DamagedBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly kind: DamageKind;
  /** A sentence for people. */
  readonly reason: string;
}

/**
 * `checksum`: the bytes are not those that were written; another fetch may bring the right ones.
 * `format`: a message format before Kafka 0.11. `compression`: codec unknown, stream broken, or
 * larger than the limit. `records`: what is inside contradicts the batch header.
 */
export type DamageKind = 'checksum' | 'format' | 'compression' | 'records';

/** Key of a control record: version int16, type int16; type 0 aborts, 1 commits. */
const ABORT_MARKER_TYPE = 0;

/**
 * Decodes the record batches of one partition of a Fetch response. The broker cuts a response at a
 * byte limit, so the last batch may be incomplete; it is left for the next fetch. Control batches
 * have no records for us.
 *
 * The position comes from the batch headers, never from records: compaction, markers and aborted
 * transactions leave offsets without a record, and a reader that waits for the record before the
 * end waits for ever.
 *
 * @throws MalformedBytesError when not even the first batch is whole: since Fetch v3 the broker
 *   never does that (KIP-74), so the response was damaged on the way, or the log is.
 */
export function decodeBatches(bytes: Buffer, options: DecodeOptions): DecodedBatches {
  return decodeBatchesBy(new RecordReader(), bytes, options);
}

/** The same with another reader of the records inside. */
export function decodeBatchesBy<Record>(
  reader: BatchRecordReader<Record>,
  bytes: Buffer,
  options: DecodeOptions,
): DecodedBatches<Record> {
  const decoder = new BatchDecoder(bytes, options, reader);
  let at = 0;
  for (let end = wholeBatchEnd(bytes, 0); end !== undefined; end = wholeBatchEnd(bytes, end)) {
    decoder.batch(at, end);
    at = end;
  }
  if (at === 0 && bytes.length > 0) {
    throw new MalformedBytesError(
      `the response has ${bytes.length} bytes at offset ${options.fromOffset} but no whole record batch`,
    );
  }
  const { records, damaged, nextOffset } = decoder;
  return { records, damaged, nextOffset };
}

/** The end of the batch at `at`, undefined when it is not all there. */
function wholeBatchEnd(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < BATCH.ATTRIBUTES) return undefined;
  const end = at + BATCH_PREFIX_BYTES + bytes.readInt32BE(at + BATCH.LENGTH);
  // Formats 0 and 1 are shorter than a batch header, but their magic is at the same place.
  return end < at + BATCH.ATTRIBUTES || end > bytes.length ? undefined : end;
}

class BatchDecoder<Record> {
  readonly records: Record[] = [];
  readonly damaged: DamagedBatch[] = [];
  nextOffset: number;
  readonly #bytes: Buffer;
  readonly #options: DecodeOptions;
  readonly #reader: BatchRecordReader<Record>;
  /** By first offset. The broker lists them by their abort marker, which is another order. */
  readonly #aborted: readonly AbortedTransaction[];
  #abortedSeen = 0;
  /** Producers whose records, up to their next abort marker, were rolled back. */
  readonly #aborting = new Set<bigint>();

  constructor(bytes: Buffer, options: DecodeOptions, reader: BatchRecordReader<Record>) {
    this.#bytes = bytes;
    this.#options = options;
    this.#reader = reader;
    this.nextOffset = options.fromOffset;
    this.#aborted = (options.abortedTransactions ?? []).toSorted(
      (left, right) => left.firstOffset - right.firstOffset,
    );
  }

  /** Decodes bytes[start, end), one batch. */
  batch(start: number, end: number): void {
    const magic = this.#bytes.readInt8(start + BATCH.MAGIC);
    if (magic !== MAGIC || end - start < BATCH.RECORDS) {
      this.#damagedFormat(start, magic);
      return;
    }
    const header = readBatchHeader(this.#bytes, start, end);
    if (!Number.isSafeInteger(header.lastOffset + 1)) throw impossibleOffset(header.baseOffset);
    if (!this.#checksumHolds(header)) return;
    this.#openTransactions(header);
    const keep = this.records.length;
    try {
      if (header.isControl) this.#control(header);
      else if (!this.#isAborted(header)) this.#content(header);
    } catch (error) {
      this.records.length = keep;
      this.#damagedContent(header, error);
    }
    this.nextOffset = Math.max(this.nextOffset, header.lastOffset + 1);
  }

  #content(header: BatchHeader): void {
    this.#reader.read(this.#body(header), header, this.#options.fromOffset, this.records);
  }

  #body(header: BatchHeader): ByteReader {
    const start = header.start + BATCH.RECORDS;
    if (header.codec === 0) return new ByteReader(this.#bytes, start, header.end);
    return new ByteReader(decompress(header.codec, this.#bytes.subarray(start, header.end)));
  }

  #openTransactions(header: BatchHeader): void {
    for (
      let next = this.#aborted[this.#abortedSeen];
      next !== undefined && next.firstOffset <= header.lastOffset;
      next = this.#aborted[++this.#abortedSeen]
    ) {
      this.#aborting.add(next.producerId);
    }
  }

  #isAborted(header: BatchHeader): boolean {
    return header.isTransactional && this.#aborting.has(header.producerId);
  }

  /** A control batch has one record, the marker that ends its producer's transaction. */
  #control(header: BatchHeader): void {
    if (!this.#aborting.has(header.producerId)) return;
    const record = this.#body(header);
    record.varint(); // length
    record.int8(); // attributes
    record.varlong(); // timestampDelta
    record.varint(); // offsetDelta
    record.varint(); // keyLength
    record.int16(); // version of the key
    if (record.int16() === ABORT_MARKER_TYPE) this.#aborting.delete(header.producerId);
  }

  #checksumHolds(header: BatchHeader): boolean {
    const computed = crc32c(this.#bytes, header.start + BATCH.ATTRIBUTES, header.end);
    const announced = this.#bytes.readUInt32BE(header.start + BATCH.CRC);
    if (computed === announced) return true;
    // The header's last offset may be what is damaged: what follows the batch bounds it.
    const followed = wholeBatchEnd(this.#bytes, header.end) !== undefined;
    const limit = followed ? offsetAt(this.#bytes, header.end) : this.#options.highWatermark;
    const last = Math.min(header.lastOffset, limit - 1);
    const reason = `checksum ${hex(computed)}, but the batch says ${hex(announced)}`;
    this.#damage(header.baseOffset, last, 'checksum', reason);
    return false;
  }

  #damagedFormat(start: number, magic: number): void {
    const offset = offsetAt(this.#bytes, start);
    if (!Number.isSafeInteger(offset + 1)) throw impossibleOffset(offset);
    const reason =
      magic === MAGIC
        ? 'the batch is shorter than its header'
        : `message format ${magic}; only 2 (Kafka 0.11 and newer) is read`;
    this.#damage(offset, offset, 'format', reason);
  }

  #damagedContent(header: BatchHeader, error: unknown): void {
    const isCompression = error instanceof CompressionError;
    if (!isCompression && !(error instanceof MalformedBytesError)) throw error;
    const kind = isCompression ? 'compression' : 'records';
    this.#damage(header.baseOffset, header.lastOffset, kind, error.message);
  }

  #damage(first: number, last: number, kind: DamageKind, reason: string): void {
    const firstOffset = Math.max(first, this.#options.fromOffset);
    const lastOffset = Math.max(last, firstOffset);
    this.damaged.push({ firstOffset, lastOffset, kind, reason });
    this.nextOffset = Math.max(this.nextOffset, lastOffset + 1);
  }
}

/** The base offset is the broker's and lies outside of the checksum. */
function impossibleOffset(offset: number): MalformedBytesError {
  return new MalformedBytesError(`a batch begins at offset ${offset}, which cannot be`);
}

function offsetAt(bytes: Buffer, start: number): number {
  return new ByteReader(bytes, start).int64();
}

function hex(checksum: number): string {
  return `0x${checksum.toString(16).padStart(8, '0')}`;
}
