import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { KafkaCluster } from '../../../src/adapters/kafka/cluster.ts';
import { kafkajs } from '../../../src/adapters/kafka/corrections.ts';
import { listOffset } from '../../../src/adapters/kafka/offsets.ts';
import { createTopics } from '../../../src/adapters/kafka/topic-admin.ts';
import {
  fetchRequest,
  type FetchedPartition,
  type FetchOptions,
} from '../../../src/adapters/kafka/wire/fetch.ts';
import { produceRequest, type ProduceResult } from '../../../src/adapters/kafka/wire/produce.ts';
import {
  encodeBatch,
  type ProducerIdentity,
} from '../../../src/adapters/kafka/wire/record-batch.ts';

/** For what a broker does in milliseconds, unless its machine is starved. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(30_000);
}

/** A client that is closed with the test. */
export async function connected(brokers: string): Promise<KafkaCluster> {
  const cluster = new KafkaCluster({ brokers: [brokers], clientId: `test-${randomUUID()}` });
  onTestFinished(() => cluster.close());
  await cluster.connect(soon());
  return cluster;
}

/**
 * A topic of a random name that the clients know the leaders of, and whose leaders know that they
 * are.
 */
export async function topicFor(
  clusters: readonly [KafkaCluster, ...KafkaCluster[]],
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = `test-${randomUUID()}`;
  const [first] = clusters;
  await createTopics(first, [{ topic, partitions, replicationFactor: 1, config }], soon());
  for (const cluster of clusters) await cluster.watch([topic], soon());
  for (let partition = 0; partition < partitions; partition++) {
    await listOffset(first, topic, partition, 'latest', soon());
  }
  return topic;
}

/** Deletes topics of a case, so that a broker of many cases does not carry all of them. */
export async function removeTopics(brokers: string, topics: readonly string[]): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [...topics] });
  await admin.disconnect();
}

export function batchOf(
  values: readonly string[],
  producer?: ProducerIdentity,
  baseSequence = 0,
): Buffer {
  const records = values.map((value) => ({ key: 'k', value }));
  const identity = producer === undefined ? {} : { producer, baseSequence };
  return encodeBatch(records, { timestampMs: Date.now(), ...identity });
}

/** Produces one batch and returns what the broker said. */
export async function produce(
  cluster: KafkaCluster,
  topic: string,
  bytes: Buffer,
  partition = 0,
): Promise<ProduceResult> {
  const leader = await leaderOf(cluster, topic, partition);
  const [result] = await cluster.send(leader, produceRequest([{ topic, partition, bytes }]));
  if (result === undefined) throw new Error('the answer names no partition');
  return result;
}

/** Fetches once. */
export async function fetchFrom(
  cluster: KafkaCluster,
  topic: string,
  partition: number,
  offset: number,
  options: FetchOptions = {},
): Promise<FetchedPartition> {
  const leader = await leaderOf(cluster, topic, partition);
  const request = fetchRequest([{ topic, partition, offset }], options);
  const [fetched] = await cluster.send(leader, request);
  if (fetched === undefined) throw new Error('the answer names no partition');
  return fetched;
}

/** Fetches until the end that the broker names. */
export async function readAll(
  cluster: KafkaCluster,
  topic: string,
  partition: number,
  options: FetchOptions = {},
): Promise<readonly FetchedPartition[]> {
  const fetched: FetchedPartition[] = [];
  for (let next = 0; ; next = fetched.at(-1)?.nextOffset ?? next) {
    const answer = await fetchFrom(cluster, topic, partition, next, options);
    fetched.push(answer);
    if (answer.nextOffset >= answer.highWatermark) return fetched;
  }
}

async function leaderOf(cluster: KafkaCluster, topic: string, partition: number): Promise<number> {
  const leader = cluster.leaderOf(topic, partition);
  if (leader !== undefined) return leader;
  await cluster.refreshMetadata();
  const known = cluster.leaderOf(topic, partition);
  if (known === undefined) throw new Error(`${topic}/${partition} has no leader`);
  return known;
}
