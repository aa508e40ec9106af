/**
 * What `doctor` says about a Kafka cluster: whether brokers answer, whether our topics are as they must be, what
 * we may not see or read, and how far our clock is from the brokers'. It only looks: nothing is created or
 * written, so the right to write is not tested (a process without it says so at its start).
 */
import { clockSkewMaxMs, type Finding } from '../../ports/examination.ts';
import type { TopicSpec } from '../../records/topics.ts';
import type { KafkaConnectionOptions } from './broker-link.ts';
import { KafkaCluster } from './cluster.ts';
import { listOffset } from './offsets.ts';
import { examineTopic, hidden } from './examine-topic.ts';
import { describeTopicConfigs } from './topic-admin.ts';
import { orAbort } from './waiting.ts';
import { errorCode, NO_ERROR } from './wire/error-codes.ts';
import { fetchRequest } from './wire/fetch.ts';

export interface ExamineOptions {
  readonly connection: KafkaConnectionOptions;
  readonly prefix: string;
  /** As they should be. */
  readonly topics: readonly TopicSpec[];
  /** Ours, ms since 1970. */
  readonly nowMs: () => number;
}

/** Never rejects: what cannot be asked is a finding. `signal` bounds the waiting. */
export async function examineKafka(
  { connection, prefix, topics, nowMs }: ExamineOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const cluster = new KafkaCluster(connection);
  const brokers = connection.brokers.join(', ');
  try {
    await cluster.refreshMetadata();
    const names = topics.map(({ topic }) => prefix + topic);
    const metadata = await orAbort(signal, cluster.describe(names));
    const configs = await describeTopicConfigs(cluster, names, signal);
    const found = topics.flatMap((spec, index) =>
      examineTopic(prefix + spec.topic, spec, metadata, configs[index]),
    );
    const existing = metadata.filter(({ code }) => code === NO_ERROR).map(({ topic }) => topic);
    await cluster.watch(existing, signal);
    const reachable: Finding = {
      level: 'ok',
      subject: 'brokers',
      message: `${cluster.brokerCount} answer at ${brokers}`,
    };
    return [
      reachable,
      ...found,
      ...(await examineReading(cluster, existing, signal)),
      ...(await examineClock(cluster, existing, prefix, nowMs, signal)),
    ];
  } catch (error) {
    return [unreachable(brokers, error)];
  } finally {
    cluster.close();
  }
}

function unreachable(brokers: string, error: unknown): Finding {
  return {
    level: 'problem',
    subject: 'brokers',
    message: `${brokers}: ${error instanceof Error ? error.message : String(error)}`,
    advice: 'Start the brokers, or correct kafka.brokers, kafka.ssl and kafka.sasl.',
  };
}

/** A Fetch at the end of each topic: it gives nothing, or says that we may not. */
async function examineReading(
  cluster: KafkaCluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const topic of topics) {
    const leader = cluster.leaderOf(topic, 0);
    if (leader === undefined) continue;
    const offset = await listOffset(cluster, topic, 0, 'latest', signal);
    const request = fetchRequest([{ topic, partition: 0, offset }], READING);
    const [answer] = await cluster.send(leader, request);
    if (answer === undefined || answer.code === NO_ERROR) continue;
    if (errorCode(answer.code).action !== 'configuration') continue;
    findings.push(hidden(`topic ${topic}`, answer.code, 'Read'));
  }
  return findings;
}

const READING = { maxWaitMs: 1, partitionMaxBytes: 64 * 1_024 };

/**
 * The brokers' time is in the newest records. One from the future shows a clock of ours that is behind; the
 * workers' heartbeats, which come all the time, show one that is ahead.
 */
async function examineClock(
  cluster: KafkaCluster,
  existing: readonly string[],
  prefix: string,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const topic = `${prefix}workers`;
  const leader = existing.includes(topic) ? cluster.leaderOf(topic, 0) : undefined;
  if (leader === undefined) return [];
  const end = await listOffset(cluster, topic, 0, 'latest', signal);
  if (end === 0) return [];
  const request = fetchRequest([{ topic, partition: 0, offset: end - 1 }], READING);
  const [answer] = await cluster.send(leader, request);
  const newest = answer?.records.at(-1)?.timestampMs;
  if (newest === undefined) return [];
  const aheadMs = newest - nowMs();
  if (aheadMs <= clockSkewMaxMs) {
    return [{ level: 'ok', subject: 'clock', message: 'not behind the brokers’' }];
  }
  return [
    {
      level: 'warning',
      subject: 'clock',
      message: `behind the brokers’ by ${(aheadMs / 1_000).toFixed(1)} s`,
      advice: 'Synchronise the clocks (NTP): dates in flows come from the brokers, logs from here.',
    },
  ];
}
