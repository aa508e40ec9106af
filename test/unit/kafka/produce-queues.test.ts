import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ProduceQueues } from '../../../src/adapters/kafka/produce-queues.ts';
import type { ProduceTransport } from '../../../src/adapters/kafka/wire/dispatcher.ts';
import { topicSpecs } from '../../../src/records/topics.ts';

/** A broker that answers nothing. */
class Silent implements ProduceTransport {
  requests = 0;

  leaderOf(): number {
    return 1;
  }

  send<Answer>(): Promise<Answer> {
    this.requests += 1;
    return new Promise(() => undefined);
  }

  refreshMetadata(): Promise<void> {
    return Promise.resolve();
  }
}

test('records that nobody waits for hold up no others', async () => {
  const prompt = new Silent();
  const background = new Silent();
  const queues = new ProduceQueues({ prompt, background });
  const alone: string[] = [];
  for (const { topic } of topicSpecs({ partitions: 1, workerGroups: ['default'] })) {
    const before = background.requests;
    const bytes = (): Buffer => Buffer.from('a');
    queues.of(topic).submit({ topic, partition: 0, bytes, onResult: () => undefined });
    await turn();
    if (queues.of(topic) === queues.of('logs')) alone.push(topic);
    else expect(background.requests, topic).toBe(before);
  }
  expect([prompt.requests, background.requests]).toEqual([1, 1]);
  // What executions go on with, who owns what, and what somebody deploys is not among them.
  expect(alone.toSorted()).toEqual(['checkpoints', 'decisions', 'dlq', 'executions', 'logs']);
});
