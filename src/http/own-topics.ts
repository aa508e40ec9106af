/** Millrace's own topics, for whoever looks below: the same bodies as those of users' topics. */
import type { LogRecord, TopicName } from '../model/log-records.ts';
import type { PeekOptions } from '../ports/topics.ts';
import { topicSpecs } from '../records/topics.ts';
import { Problem } from './problem.ts';
import { askLog, type HttpServices } from './services.ts';
import { recordBody, topicBody } from './user-topics.ts';

/** Those that every process knows; the queues of worker groups are the workers'. */
export function ownTopicNames({ options }: HttpServices): readonly TopicName[] {
  const { log } = options;
  const specs = topicSpecs({ partitions: log.partitions, workerGroups: ['default'] });
  return specs.map(({ topic }) => topic).filter((topic) => log.partitionCount(topic) > 0);
}

export async function ownTopicBody(services: HttpServices, name: string) {
  const topic = ownTopic(services, name);
  const { log } = services.options;
  const partitions = await askLog(services, (signal) =>
    Promise.all(
      partitionsOf(log.partitionCount(topic)).map(async (partition) => {
        return { partition, ...(await log.bounds(topic, partition, signal)) };
      }),
    ),
  );
  return topicBody({ topic, topicId: undefined, partitions });
}

export async function ownRecords(
  services: HttpServices,
  name: string,
  { limit, partition, from }: PeekOptions,
) {
  const topic = ownTopic(services, name);
  const { log } = services.options;
  const { partitions } = await ownTopicBody(services, name);
  if (partition !== undefined && partition >= partitions.length) {
    const detail = `${name} has no partition ${partition}: it has ${partitions.length}, from 0 on`;
    throw new Problem(404, 'partition-unknown', detail);
  }
  const wanted = partitions.filter(
    (each) => partition === undefined || each.partition === partition,
  );
  const found = await askLog(services, (signal) =>
    Promise.all(
      wanted.map(async ({ partition: at, start, end }) => {
        const first = Math.max(start, from ?? end - limit);
        const records: ReturnType<typeof recordBody>[] = [];
        for await (const page of log.read(topic, at, first, Math.min(end, first + limit), signal)) {
          for (const record of page) {
            records.push(recordBody({ partition: at, ...inBytes(record) }));
          }
        }
        return records;
      }),
    ),
  );
  return found
    .flat()
    .toSorted((left, right) => (left.time < right.time ? -1 : 1))
    .slice(-limit);
}

function ownTopic({ options }: HttpServices, name: string): TopicName {
  const topic = name as TopicName; // If it is none, it has no partitions.
  if (options.log.partitionCount(topic) > 0) return topic;
  throw new Problem(404, 'topic-unknown', `Millrace has no topic ${name} of its own`);
}

function partitionsOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, partition) => partition);
}

/** A record of ours, which is text, as users' records are. */
function inBytes({ offset, timestampMs, key, value, headers }: LogRecord) {
  const bytes: Record<string, Uint8Array> = {};
  for (const [name, text] of Object.entries(headers)) bytes[name] = Buffer.from(text);
  return { offset, timestampMs, key: bytesOf(key), value: bytesOf(value), headers: bytes };
}

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text);
}
