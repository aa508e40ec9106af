import { ByteReader } from '../../../src/adapters/kafka/wire/byte-reader.ts';

/** One partition of a Fetch answer (v11), where its error code lies and where its batches begin. */
export interface AnsweredPartition {
  readonly topic: string;
  readonly partition: number;
  readonly codeAt: number;
  readonly recordsAt: number;
  readonly recordsBytes: number;
}

/** The partitions of the body of a Fetch answer; see wire/fetch.ts for its layout. */
export function answeredPartitions(body: Buffer): readonly AnsweredPartition[] {
  const reader = new ByteReader(body);
  reader.advance(4 + 2 + 4); // throttle time, error code, session
  return reader
    .array(() => {
      const topic = reader.string() ?? '';
      return reader.array((): AnsweredPartition => {
        const partition = reader.int32();
        const codeAt = reader.position;
        reader.advance(2 + 3 * 8); // error code; high watermark, last stable offset, log start
        reader.array(() => reader.advance(2 * 8)); // aborted transactions
        reader.advance(4); // preferred replica
        const recordsBytes = Math.max(reader.int32(), 0);
        const recordsAt = reader.advance(recordsBytes);
        return { topic, partition, codeAt, recordsAt, recordsBytes };
      });
    })
    .flat();
}
