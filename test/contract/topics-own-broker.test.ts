/**
 * Users' topics on a broker of their own: one that demands TLS and a login, with each way to log in and what is said of
 * one that fails; and, at last, is killed.
 */
import { execFileSync } from 'node:child_process';
import { pbkdf2Sync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { KafkaConnectionOptions } from '../../src/adapters/kafka/broker-link.ts';
import { KafkaCluster } from '../../src/adapters/kafka/cluster.ts';
import { createTopics } from '../../src/adapters/kafka/topic-admin.ts';
import { KafkaUserTopics } from '../../src/adapters/kafka/topics-port.ts';
import { RequestBody } from '../../src/adapters/kafka/wire/request.ts';
import { type Broker, startBroker } from '../services/kafka.ts';
import { eventually, silentLogger } from '../support/memory-ports.ts';
import { soon } from './kafka/clients.ts';
import { Collector, numbered, numbers, record, send } from './topics-cases/collector.ts';

type Sasl = NonNullable<KafkaConnectionOptions['sasl']>;

const TOPIC = 'orders';
const admin: Sasl = { mechanism: 'plain', username: 'admin', password: 'a' };

let broker: Broker;
let ca: string;

beforeAll(async () => {
  const { key, certificate } = selfSigned();
  ca = certificate;
  broker = await startBroker({ heapMiB: 320, properties: secured(key, certificate) });
  const cluster = new KafkaCluster(connection(admin));
  try {
    await cluster.connect(soon());
    const topic = { topic: TOPIC, partitions: 1, replicationFactor: 1, config: {} };
    await createTopics(cluster, [topic], soon());
    await addScramUser(cluster, 'scram-sha-256', 1, 'sha256', 32);
    await addScramUser(cluster, 'scram-sha-512', 2, 'sha512', 64);
  } finally {
    cluster.close();
  }
}, 180_000);

afterAll(() => broker.stop());

function selfSigned(): { readonly key: string; readonly certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '2',
          '-subj',
          '/CN=localhost',
        ],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function secured(key: string, certificate: string): Readonly<Record<string, string>> {
  const listener = 'listener.name.plaintext';
  const login = 'org.apache.kafka.common.security';
  const scram = `${login}.scram.ScramLoginModule required;`;
  // A properties file has its line ends escaped.
  const inline = (pem: string): string => pem.trim().replaceAll('\n', String.raw`\n`);
  return {
    'listener.security.protocol.map': 'PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT',
    [`${listener}.plain.sasl.jaas.config`]: `${login}.plain.PlainLoginModule required username="admin" password="a" user_admin="a" user_nobody="n";`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: scram,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': inline(certificate),
    'ssl.keystore.key': inline(key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': inline(certificate),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // The controller's own listener has no login.
    'super.users': 'User:admin;User:scram-sha-256;User:scram-sha-512;User:ANONYMOUS',
  };
}

/**
 * AlterUserScramCredentials v0 (KIP-554), a flexible version: lengths plus one, and tagged fields at each end. The user
 * is named as its mechanism.
 */
async function addScramUser(
  cluster: KafkaCluster,
  user: string,
  mechanism: number,
  digest: string,
  bytes: number,
): Promise<void> {
  const iterations = 4_096;
  const salt = randomBytes(16);
  const compact = (body: RequestBody, content: Buffer): RequestBody => {
    body.int8(content.length + 1);
    for (const byte of content) body.int8((byte << 24) >> 24);
    return body;
  };
  const body = new RequestBody().int8(0).int8(1).int8(2);
  compact(body, Buffer.from(user)).int8(mechanism).int32(iterations);
  compact(compact(body, salt), pbkdf2Sync('s', salt, iterations, bytes, digest))
    .int8(0)
    .int8(0);
  const code = await cluster.sendToAny(() => ({
    apiKey: 51,
    apiVersion: 0,
    apiName: 'AlterUserScramCredentials',
    timeoutMs: 10_000,
    body,
    decode(response) {
      response.int8(); // tagged fields of the header
      const throttleTimeMs = response.int32();
      response.int8(); // results: one
      response.advance(response.int8() - 1); // its user
      return { answer: response.int16(), throttleTimeMs };
    },
  }));
  expect(code).toBe(0);
}

function connection(sasl: Sasl | undefined, ssl: KafkaConnectionOptions['ssl'] = { ca }) {
  return {
    brokers: [broker.bootstrap],
    clientId: 'test',
    logger: silentLogger,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function topicsOf(sasl: Sasl | undefined, ssl?: KafkaConnectionOptions['ssl']): KafkaUserTopics {
  const settings = 'kafka.connections.secure';
  const topics = new KafkaUserTopics({ connection: connection(sasl, ssl), settings });
  onTestFinished(() => topics.close());
  return topics;
}

describe('a connection with TLS', () => {
  test.each([
    admin,
    { mechanism: 'scram-sha-256', username: 'scram-sha-256', password: 's' },
    { mechanism: 'scram-sha-512', username: 'scram-sha-512', password: 's' },
  ] as const)('and $mechanism publishes and consumes', async (sasl) => {
    const topics = topicsOf(sasl);
    const groupId = `g-${randomUUID()}`;
    const value = `by ${sasl.username}`;
    // What was granted comes to the broker by way of its controller.
    await eventually('the login', () => topics.describe(TOPIC).catch(() => undefined), 20_000);
    await send(topics, TOPIC, [record(value)]);
    const collector = await new Collector().consume(topics, { topic: TOPIC, groupId });
    await eventually('the record', () => collector.values().includes(value));
  });

  test('and a wrong password says which setting to look at', async () => {
    const topics = topicsOf({ ...admin, password: 'wrong' });
    await expect(topics.describe(TOPIC)).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'topics-not-authorized',
      message: expect.stringContaining('check kafka.connections.secure.sasl'),
    });
    const consuming = new Collector().consume(topics, { topic: TOPIC, groupId: 'g' });
    await expect(consuming).rejects.toMatchObject({ code: 'topics-not-authorized' });
    const published = await topics.publish(TOPIC, [record('x')]);
    expect(published).toMatchObject({ kind: 'refused', code: 'not-authorized' });
  });

  test('that does not trust the broker says so', async () => {
    const topics = topicsOf(admin, true);
    await expect(topics.describe(TOPIC)).rejects.toMatchObject({
      code: 'topics-refused',
      message: expect.stringContaining('check kafka.connections.secure.ssl'),
    });
  });

  test('and a user without rights is told what is missing', async () => {
    const topics = topicsOf({ mechanism: 'plain', username: 'nobody', password: 'n' });
    // Whoever may not describe a topic does not learn that it is there.
    const consuming = new Collector().consume(topics, { topic: TOPIC, groupId: 'g' });
    await expect(consuming).rejects.toMatchObject({
      code: 'topics-not-authorized',
      message: expect.stringContaining('TOPIC_AUTHORIZATION_FAILED'),
    });
    const published = await topics.publish(TOPIC, [record('x')]);
    expect(published).toMatchObject({ kind: 'refused', code: 'not-authorized' });
    expect(await topics.list()).toEqual([]);
  });
});

describe('a broker', () => {
  test('that is killed and comes back loses nothing and repeats nothing', async () => {
    const topic = `faults-${randomUUID()}`;
    const cluster = new KafkaCluster(connection(admin));
    onTestFinished(() => cluster.close());
    await cluster.connect(soon());
    await createTopics(
      cluster,
      [{ topic, partitions: 2, replicationFactor: 1, config: {} }],
      soon(),
    );
    const topics = topicsOf(admin);
    const groupId = `g-${randomUUID()}`;
    const collector = await new Collector().consume(topics, { topic, groupId });
    await send(topics, topic, [...numbered(20), ...numbered(20, 0, 1)]);
    await collector.received(40);
    await collector.commitAll();
    await broker.kill();
    const published = topics.publish(topic, numbered(1, 20));
    await broker.restart();
    const first = await published;
    // The answer may have come too late: then nobody knows, and it is sent again.
    if (first.kind !== 'acknowledged') await send(topics, topic, numbered(1, 20));
    await eventually('the record', () => collector.values(0).includes('20'), 60_000);
    // What is sent again may be there twice.
    expect([...new Set(collector.values(0))]).toEqual(numbers(21));
    expect(collector.values(1)).toEqual(numbers(20));
    expect(collector.failures).toEqual([]);
  }, 180_000);

  test('that is away makes questions and publishing end within seconds', async () => {
    await broker.kill();
    const topics = topicsOf(admin);
    const asking = expect(topics.describe('x')).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'topics-unavailable',
      message: expect.stringContaining('correct kafka.connections.secure'),
    });
    const publishing = topics.publish('x', [record('x')]);
    const signal = AbortSignal.timeout(100);
    const given = await topics.publish('x', [record('x')], { signal });
    expect(given.kind).toBe('unknown');
    expect((await publishing).kind).toBe('unknown');
    await asking;
  }, 30_000);
});
