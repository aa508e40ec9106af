/**
 * Takes a partition over, in the order that makes it safe (docs/ARCHITECTURE.md, "The partition's life", 2):
 *
 * 1. become the writer; 2. append `partition.opened`, whose offset is the epoch: from here on the log takes
 * nothing from a former owner, and whatever it still got in lies below; 3. append `checkpoint.opened`;
 * 4. load the checkpoint and read the events up to the own `partition.opened`, never "to the end": what a
 * former owner appends behind it does not count.
 *
 * Assignment by the consumer group is only advice: the log decides who owns.
 */
import { FatalError } from '../model/errors.ts';
import type { OutgoingRecord } from '../model/log-records.ts';
import type { PartitionWriter } from '../ports/log.ts';
import { encodeCheckpointOpened } from '../records/checkpoints.ts';
import { encodePartitionOpened } from '../records/events.ts';
import { BrokerTime } from './broker-time.ts';
import { lossOf, PartitionLost } from './partition-lost.ts';
import { restore, type Restored } from './restore.ts';
import type { Services } from './services.ts';

export interface TakenOver extends Restored {
  readonly writer: PartitionWriter;
  readonly epoch: number;
  readonly brokerTime: BrokerTime;
}

/**
 * @param onOpened called with the epoch once the partition is fenced, before the restore.
 * @throws PartitionLost, FatalError, or the signal's reason.
 */
export async function takeOver(
  services: Pick<Services, 'log' | 'clock' | 'logger' | 'live' | 'member'>,
  partition: number,
  signal: AbortSignal,
  onOpened: (epoch: number) => void,
): Promise<TakenOver> {
  const { log, clock, member } = services;
  const brokerTime = new BrokerTime(clock);
  const writer = await log.writer(partition, signal);
  const stop = (): void => writer.close();
  signal.addEventListener('abort', stop);
  try {
    const opened = encodePartitionOpened({ member, timeMs: clock.now() });
    const epoch = await appendOne(writer, 'events', opened, brokerTime);
    onOpened(epoch);
    const checkpointsEnd = await appendOne(
      writer,
      'checkpoints',
      encodeCheckpointOpened(epoch),
      brokerTime,
    );
    const options = { ...services, partition, epoch, checkpointsEnd };
    const restored = await restore(options, signal);
    checkOwnership(restored, partition, epoch);
    return { ...restored, writer, epoch, brokerTime };
  } catch (error) {
    writer.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** @returns the record's offset. */
async function appendOne(
  writer: PartitionWriter,
  topic: 'events' | 'checkpoints',
  record: OutgoingRecord,
  brokerTime: BrokerTime,
): Promise<number> {
  const outcome = await writer.append(topic, [record]);
  if (outcome.kind !== 'committed') throw lossOf(outcome);
  brokerTime.observe(outcome.timestampMs);
  return outcome.baseOffset;
}

/**
 * Without the broker's fence a newer owner may have opened and written a checkpoint while we were on our way:
 * then reading began behind our own record.
 */
function checkOwnership({ through, live }: Restored, partition: number, epoch: number): void {
  if (through.epoch === epoch) return;
  live.close();
  if (through.epoch > epoch) throw new PartitionLost('fenced');
  throw new FatalError(
    'events-unreadable',
    `partition.opened of partition ${partition} was written at ${epoch} and is not read there: ` +
      'the log does not keep its word',
  );
}
