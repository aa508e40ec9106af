import type { KafkajsModules } from './module-cache.ts';

/** protocol/decoder: a cursor over bytes. */
interface Decoder {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}

interface RecordBatch {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: string;
  readonly records: readonly { readonly offset: string }[];
}

type DecodeBatch = (decoder: Decoder) => Promise<RecordBatch>;
type DecodeMessageSet = (decoder: Decoder, size: number) => Promise<unknown[]>;

const MAGIC_AT = 16;
const MAGIC = 2;
/** kafkajs's own bound for going on: a batch without its first fields. */
const BATCH_BYTES_MIN = 49;
/** Key of a commit marker, which every filter passes over. */
const COMMIT_MARKER = Buffer.from([0, 0, 0, 1]);

/**
 * Fault: where compaction removed the last records of a batch, a consumer goes on one offset a
 * fetch; where it left only empty batches (kept for their producer's state), it fetches the same
 * offset for ever.
 * Evidence: kafkajs #562 (half repaired), #1072 (open); 10,000 fetches to pass 10,000 offsets on an
 * emulated broker, five times slower than with this on Kafka 4.4. This appends a marker at the last
 * offset of such a batch, so that the position passes it.
 * Remove when: the position comes from the batch header.
 */
export function correctCompactedBatches(modules: KafkajsModules): void {
  // Exports of kafkajs's decoders, as protocol/requests/fetch/v4/decodeMessages uses them.
  const DecoderOfKafkajs = modules.load('protocol/decoder') as new (bytes: Buffer) => Decoder;
  const decodeBatch = modules.load('protocol/recordBatch/v0/decoder') as DecodeBatch;
  const decodeMessageSet = modules.load('protocol/messageSet/decoder') as DecodeMessageSet;
  modules.replace('protocol/requests/fetch/v4/decodeMessages', async (response: Decoder) => {
    const size = response.readInt32();
    if (size <= 0 || !response.canReadBytes(size)) return [];
    const bytes = response.readBytes(size);
    const decoder = new DecoderOfKafkajs(bytes);
    if (bytes.readInt8(MAGIC_AT) !== MAGIC) return decodeMessageSet(decoder, size);
    return decodeBatches(decoder, decodeBatch);
  });
}

async function decodeBatches(decoder: Decoder, decodeBatch: DecodeBatch): Promise<unknown[]> {
  const messages: unknown[] = [];
  while (decoder.canReadBytes(BATCH_BYTES_MIN)) {
    try {
      const batch = await decodeBatch(decoder);
      for (const record of batch.records) messages.push(record);
      const marker = markerAtEnd(batch);
      if (marker !== undefined) messages.push(marker);
    } catch (error) {
      // The broker cuts a response at a byte limit: the rest comes with the next one.
      if (error instanceof Error && error.name === 'KafkaJSPartialMessageError') break;
      throw error;
    }
  }
  return messages;
}

function markerAtEnd(batch: RecordBatch): object | undefined {
  const lastOffset = String(BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta));
  if (batch.records.at(-1)?.offset === lastOffset) return undefined;
  return {
    magicByte: MAGIC,
    attributes: 0,
    timestamp: batch.maxTimestamp,
    offset: lastOffset,
    key: COMMIT_MARKER,
    value: null,
    headers: {},
    isControlRecord: true,
    batchContext: batch,
  };
}
