/** What every adapter of `ports/Topics` makes of positions that a topic does not have, or has no more. */
import { RejectedError } from '../model/errors.ts';
import type { TopicBatch, TopicDescription } from './topics.ts';

/** The offsets by partition, each of which lies in the topic. @throws RejectedError `offset-out-of-range`. */
export function offsetsWithin(
  { topic, partitions }: TopicDescription,
  offsets: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  for (const [partition, offset] of offsets) {
    const bounds = partitions.find((each) => each.partition === partition);
    if (bounds !== undefined && offset >= bounds.start && offset <= bounds.end) continue;
    const reach =
      bounds === undefined
        ? `there are ${partitions.length} partitions`
        : `it goes from ${bounds.start} to ${bounds.end}`;
    const message = `Partition ${partition} of ${topic} has no offset ${offset}: ${reach}.`;
    throw new RejectedError('offset-out-of-range', message);
  }
  return offsets;
}

/** What a consumer is told of offsets that were still to be read when the partition came to begin at `start`. */
export function expiredRange(from: number, start: number): NonNullable<TopicBatch['damaged']> {
  const reason = 'retention removed them before they were read';
  return { firstOffset: from, lastOffset: start - 1, reason };
}
