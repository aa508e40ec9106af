/**
 * The rights that docs/kafka.md asks an administrator for, on a broker that demands a login and gives nothing
 * by itself: together they are enough, and each one that is missing is named.
 */
import { randomUUID } from 'node:crypto';
import type { AclEntry } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';
import { examineKafka } from '../../src/adapters/kafka/examine.ts';
import { type KafkaLog, openKafkaLog } from '../../src/adapters/kafka/log.ts';
import { topicSpecs } from '../../src/records/topics.ts';
import { type Broker, startBroker } from '../services/kafka.ts';
import { eventually, silentLogger } from '../support/memory-ports.ts';
import { soon } from './kafka/clients.ts';
import { Collector } from './log-cases/collector.ts';

const topics = topicSpecs({ partitions: 1, workerGroups: ['default'] });
const { AclOperationTypes: OPERATION, AclResourceTypes: RESOURCE } = kafkajs;

let broker: Broker;
let admin: ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>;

beforeAll(async () => {
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  broker = await startBroker({
    heapMiB: 320,
    properties: {
      'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'listener.name.plaintext.plain.sasl.jaas.config': `${login} username="admin" password="a" user_admin="a" user_millrace="m";`,
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // The controller's own listener has no login.
      'super.users': 'User:admin;User:ANONYMOUS',
    },
  });
  const sasl = { mechanism: 'plain', username: 'admin', password: 'a' } as const;
  const { logLevel } = kafkajs;
  const kafka = new kafkajs.Kafka({
    brokers: [broker.bootstrap],
    sasl,
    logLevel: logLevel.NOTHING,
  });
  admin = kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await admin.disconnect();
  await broker.stop();
});

/** As docs/kafka.md lists them. */
const rights: readonly (readonly [resource: keyof typeof RESOURCE, keyof typeof OPERATION])[] = [
  ['TOPIC', 'CREATE'],
  ['TOPIC', 'DESCRIBE'],
  ['TOPIC', 'DESCRIBE_CONFIGS'],
  ['TOPIC', 'READ'],
  ['TOPIC', 'WRITE'],
  ['GROUP', 'READ'],
  ['TRANSACTIONAL_ID', 'WRITE'],
];

/** Gives the user `millrace` all rights on what begins with the prefix, but one. */
async function grant(prefix: string, but?: string): Promise<void> {
  const acl: AclEntry[] = rights
    .filter(([resource, operation]) => `${resource} ${operation}` !== but)
    .map(([resource, operation]) => ({
      resourceType: RESOURCE[resource],
      resourceName: prefix,
      resourcePatternType: kafkajs.ResourcePatternTypes.PREFIXED,
      principal: 'User:millrace',
      host: '*',
      operation: OPERATION[operation],
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    }));
  await admin.createAcls({ acl });
  // They come to the broker by way of its controller.
  await eventually('the rights to be known', async () => {
    const { resources } = await admin.describeAcls({
      resourceType: RESOURCE.ANY,
      resourceName: prefix,
      resourcePatternType: kafkajs.ResourcePatternTypes.PREFIXED,
      operation: OPERATION.ANY,
      permissionType: kafkajs.AclPermissionTypes.ANY,
    });
    return resources.flatMap(({ acls }) => acls).length === acl.length;
  });
}

function connection() {
  const sasl = { mechanism: 'plain', username: 'millrace', password: 'm' } as const;
  return { brokers: [broker.bootstrap], clientId: 'test', sasl, logger: silentLogger };
}

async function open(prefix: string): Promise<KafkaLog> {
  const log = await openKafkaLog({ connection: connection(), prefix, topics }, soon());
  onTestFinished(() => log.close());
  return log;
}

/** A prefix whose topics are there, made with all rights; then one is taken away. */
async function lacking(but: string): Promise<KafkaLog> {
  const prefix = `test-${randomUUID()}.`;
  await admin.createTopics({
    waitForLeaders: false,
    topics: topics.map(({ topic }) => ({ topic: prefix + topic, numPartitions: 1 })),
  });
  await grant(prefix, but);
  return open(prefix);
}

const group = {
  consumerGroup: 'executors',
  partitions: 1,
  sessionMs: 6_000,
  owned: () => [],
  onAssigned: () => undefined,
};

describe('a user with the rights of the guide', () => {
  test('can do all that a process does, from the first start on', async () => {
    const prefix = `test-${randomUUID()}.`;
    await grant(prefix);
    const log = await open(prefix);
    const writer = await log.writer(0);
    const appended = await writer.append('events', [{ key: null, value: 'a' }]);
    expect(appended.kind).toBe('committed');
    const sent = await log.producer().send('starts', 0, { key: null, value: 'b' });
    expect(sent.kind).toBe('acknowledged');
    const collector = new Collector();
    log.subscribe(collector).assign('starts', 0, 0);
    await collector.received('starts', 0, 1);
    const member = await log.membership.join(group);
    await member.commit('starts', new Map([[0, 1]]));
    expect(await member.committed('starts')).toEqual(new Map([[0, 1]]));
    const options = { connection: connection(), prefix, topics, nowMs: Date.now };
    const findings = await examineKafka(options, soon());
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  });
});

describe('a user without', () => {
  test('the right to create topics is told so, where there are none', async () => {
    const prefix = `test-${randomUUID()}.`;
    await grant(prefix, 'TOPIC CREATE');
    await expect(open(prefix)).rejects.toMatchObject({
      code: 'kafka-configuration',
      message: expect.stringMatching(/creating topic .*: TOPIC_AUTHORIZATION_FAILED/),
    });
  });

  test('the right to write to topics is told at the first append and send', async () => {
    const log = await lacking('TOPIC WRITE');
    const refused = { kind: 'refused', code: 'not-authorized' };
    const writer = await log.writer(0);
    const appended = await writer.append('events', [{ key: null, value: 'a' }]);
    expect(appended).toMatchObject(refused);
    const sent = await log.producer().send('starts', 0, { key: null, value: 'b' });
    expect(sent).toMatchObject(refused);
  });

  test('the right to its transactional ids cannot own a partition', async () => {
    const log = await lacking('TRANSACTIONAL_ID WRITE');
    await expect(log.writer(0)).rejects.toMatchObject({
      code: 'kafka-configuration',
      message: expect.stringContaining('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'),
    });
  });

  test('the right to its consumer groups cannot join one', async () => {
    const log = await lacking('GROUP READ');
    await expect(log.membership.join(group)).rejects.toMatchObject({
      code: 'kafka-configuration',
      message: expect.stringContaining('GROUP_AUTHORIZATION_FAILED'),
    });
  });
});
