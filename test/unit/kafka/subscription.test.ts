import { expect, onTestFinished, test, vi } from 'vitest';
import { KafkaCluster } from '../../../src/adapters/kafka/cluster.ts';
import { KafkaSubscription } from '../../../src/adapters/kafka/subscription.ts';
import { KafkaTopics } from '../../../src/adapters/kafka/topics.ts';
import { ProduceDispatcher } from '../../../src/adapters/kafka/wire/dispatcher.ts';
import { encodeBatch } from '../../../src/adapters/kafka/wire/record-batch.ts';
import { RequestBody } from '../../../src/adapters/kafka/wire/request.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { eventually } from '../../support/memory-ports.ts';
import { API, FakeBroker, metadataAnswer, type FakeRequest } from './fake-broker.ts';

const topic = 'x.commands';

/** A Fetch v11 answer with one record at offset 0. */
function fetchAnswer(): RequestBody {
  const bytes = encodeBatch([{ key: null, value: 'a' }], { timestampMs: 0 });
  const body = new RequestBody().int32(0).int16(0).int32(0).int32(1).string(topic).int32(1);
  body.int32(0).int16(0).int64(1).int64(1).int64(0).int32(0).int32(-1);
  return body.bytes(bytes);
}

/** The first Fetch is answered with a record, those that follow wait. */
async function brokerWithOneRecord(): Promise<FakeBroker> {
  const broker = await FakeBroker.start(1, ({ apiKey }: FakeRequest) => {
    if (apiKey === API.METADATA) return metadataAnswer([broker], { [topic]: [1] });
    return apiKey === API.FETCH && broker.count(API.FETCH) === 1 ? fetchAnswer() : 'silence';
  });
  return broker;
}

test('what a record leads to is sent before the next Fetch', async () => {
  const broker = await brokerWithOneRecord();
  const connection = { brokers: [broker.address], clientId: 'test' };
  const cluster = new KafkaCluster(connection);
  onTestFinished(() => cluster.close());
  const signal = AbortSignal.timeout(5_000);
  await cluster.connect(signal);
  const specs = topicSpecs({ partitions: 1, workerGroups: [] });
  const commands = specs.filter((spec) => spec.topic === 'commands');
  const topics = await KafkaTopics.prepare(cluster, commands, { prefix: 'x.' }, signal);
  const dispatcher = new ProduceDispatcher(cluster);
  const sends = vi.spyOn(KafkaCluster.prototype, 'send');
  onTestFinished(() => sends.mockRestore());
  const subscription = new KafkaSubscription({
    connection,
    topics,
    subscriber: {
      // As the executor: stepped in the next turn, together with what else comes in this one.
      onRecords: () =>
        setImmediate(() => {
          const bytes = (): Buffer => Buffer.from('a');
          dispatcher.submit({ topic, partition: 0, bytes, onResult: () => undefined });
        }),
      onOutOfRange: () => undefined,
    },
    bounds: () => Promise.resolve({ start: 0, end: 1 }),
    onClosed: () => undefined,
  });
  onTestFinished(() => subscription.close());
  subscription.assign('commands', 0, 0);
  const asked = () => sends.mock.calls.map(([, { apiName }]) => apiName);
  await eventually('the second Fetch', () => asked().filter((n) => n === 'Fetch').length === 2);
  expect(asked()).toEqual(['Fetch', 'Produce', 'Fetch']);
});
