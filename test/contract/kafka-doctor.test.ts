/** What `doctor` finds on a real broker: topics as they must not be. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { examineKafka } from '../../src/adapters/kafka/examine.ts';
import { openKafkaLog } from '../../src/adapters/kafka/log.ts';
import { createTopics } from '../../src/adapters/kafka/topic-admin.ts';
import type { Finding } from '../../src/ports/examination.ts';
import { topicSpecs } from '../../src/records/topics.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { connected, soon } from './kafka/clients.ts';

const topics = topicSpecs({ partitions: 2, workerGroups: ['default'] });

let brokers = '';

beforeAll(async () => {
  brokers = await kafkaBrokers();
});

async function examine(prefix: string, nowMs = Date.now): Promise<readonly Finding[]> {
  const connection = { brokers: [brokers], clientId: 'doctor' };
  return examineKafka({ connection, prefix, topics, nowMs }, soon());
}

function said(findings: readonly Finding[], subject: string): string {
  return findings
    .filter((finding) => finding.subject === subject)
    .map(({ level, message, advice = '' }) => `${level}: ${message}. ${advice}`)
    .join('\n');
}

function levels(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ level }) => level))];
}

describe('doctor', () => {
  test('finds nothing wrong with topics that we have made', async () => {
    const prefix = `doctor-${randomUUID()}.`;
    const connection = { brokers: [brokers], clientId: 'test' };
    const log = await openKafkaLog({ connection, prefix, topics }, soon());
    await log.close();
    const findings = await examine(prefix);
    expect(levels(findings)).toEqual(['ok']);
    expect(findings.filter(({ subject }) => subject.startsWith('topic '))).toHaveLength(
      topics.length,
    );
  });

  test('says which topics are missing, and makes none', async () => {
    const prefix = `doctor-${randomUUID()}.`;
    const findings = await examine(prefix);
    expect(said(findings, `topic ${prefix}events`)).toMatch(/^warning: does not exist/);
    expect(said(await examine(prefix), `topic ${prefix}events`)).toMatch(/does not exist/);
  });

  test('says which settings would lose what we promise', async () => {
    const prefix = `doctor-${randomUUID()}.`;
    await createTopics(
      await connected(brokers),
      [
        wrong(`${prefix}events`, { 'retention.ms': '60000' }),
        wrong(`${prefix}checkpoints`, { 'cleanup.policy': 'delete' }),
        wrong(`${prefix}commands`, { 'message.timestamp.type': 'CreateTime' }),
        wrong(`${prefix}starts`, { 'max.message.bytes': '1000' }),
        wrong(`${prefix}logs`, { 'retention.ms': '60000' }),
        { ...wrong(`${prefix}flows`, { 'retention.ms': '604800000' }), partitions: 3 },
      ],
      soon(),
    );
    const findings = await examine(prefix);
    const about = (topic: string): string => said(findings, `topic ${prefix}${topic}`);
    expect(about('events')).toMatch(/^problem: retention\.ms is 60000: .* 604800000 or more/m);
    expect(about('checkpoints')).toMatch(/^problem: cleanup\.policy is delete: .* to compact/m);
    expect(about('commands')).toMatch(/^problem: message\.timestamp\.type is CreateTime/m);
    expect(about('starts')).toMatch(/^problem: max\.message\.bytes is 1000/m);
    expect(about('flows')).toMatch(/^problem: has 3 partitions, not 1/m);
    expect(about('flows')).toMatch(/^problem: retention\.ms is 604800000: .* to -1/m);
    // How long log lines are kept is the user's choice.
    expect(about('logs')).toMatch(/^ok/);
  });

  test('says when our clock is behind the brokers’', async () => {
    const prefix = `doctor-${randomUUID()}.`;
    const connection = { brokers: [brokers], clientId: 'test' };
    const log = await openKafkaLog({ connection, prefix, topics }, soon());
    await log.producer().send('workers', 0, { key: 'a', value: 'a' });
    await log.close();
    expect(said(await examine(prefix), 'clock')).toMatch(/^ok/);
    const behind = await examine(prefix, () => Date.now() - 10_000);
    expect(said(behind, 'clock')).toMatch(/^warning: behind the brokers’ by \d/);
  });
});

test('doctor says that no broker answers', async () => {
  const connection = { brokers: ['127.0.0.1:1'], clientId: 'doctor' };
  const options = { connection, prefix: 'x.', topics, nowMs: Date.now };
  const findings = await examineKafka(options, soon());
  expect(said(findings, 'brokers')).toMatch(/^problem: .*127\.0\.0\.1:1/);
});

function wrong(topic: string, config: Readonly<Record<string, string>>) {
  const good = {
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(2 * 1_024 * 1_024),
  };
  const compacted = topic.endsWith('checkpoints') ? { 'cleanup.policy': 'compact' } : {};
  return {
    topic,
    partitions: topic.endsWith('flows') ? 1 : 2,
    replicationFactor: 1,
    config: { ...good, ...compacted, ...config },
  };
}
