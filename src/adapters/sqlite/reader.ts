/** Reads a range of a topic-partition, page by page, and lets other work run between pages. */
import { TerminalError } from '../../model/errors.ts';
import type { LogRecord } from '../../model/log-records.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Follower, TopicPartition } from './topic-partition.ts';

export interface ReadRange {
  readonly source: TopicPartition;
  readonly from: number;
  readonly to: number;
  readonly clock: Clock;
  /** Aborted when the caller or the log ends it. */
  readonly signal: AbortSignal;
}

export async function* readRange(range: ReadRange): AsyncGenerator<readonly LogRecord[]> {
  const { source, from, to, clock, signal } = range;
  let position = from;
  while (position < to) {
    signal.throwIfAborted();
    // Also later: retention may overtake a slow reader.
    if (position < source.start || position > source.next) throw outOfRange(source, position);
    const page = source.page(position, to);
    if (page.records.length > 0) yield page.records;
    const atEnd = page.nextOffset >= source.next;
    position = page.nextOffset;
    if (position < to) await (atEnd ? growth(source, signal) : clock.yield());
  }
}

function outOfRange(source: TopicPartition, from: number): TerminalError {
  const place = `${source.topic}/${source.partition}`;
  return new TerminalError(
    'offset-out-of-range',
    `Offset ${from} of ${place} is not kept: the log has ${source.start} to ${source.next}.`,
  );
}

/** Resolves when records are added or the signal aborts. */
function growth(source: TopicPartition, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      source.followers.delete(follower);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const follower: Follower = { onPublished: end };
    source.followers.add(follower);
    signal.addEventListener('abort', end);
  });
}
