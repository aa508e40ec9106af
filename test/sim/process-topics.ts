import type { FaultyLog } from '../../src/adapters/faults/faulty-log.ts';
import type { SqliteTopics } from '../../src/adapters/sqlite/topics-port.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { sleep } from '../../src/ports/clock.ts';
import type { TopicBatch, TopicConsumer, Topics } from '../../src/ports/topics.ts';

export interface ProcessTopicsOptions {
  readonly topics: SqliteTopics;
  /** What happens to the process happens to what it does with topics, too. */
  readonly log: FaultyLog;
  readonly clock: Clock;
  readonly onDelivered: (batch: TopicBatch) => void;
}

/** Users' topics as one process has them: it may stand still, or end, wherever it waits for them. */
export function processTopics({ topics, log, clock, onDelivered }: ProcessTopicsOptions): Topics {
  const { faults } = log;
  const { process } = faults;
  const reached = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    await process.pass();
    const answer = await call();
    await process.pass();
    return answer;
  };
  return {
    publish: (topic, records, options) => reached(() => topics.publish(topic, records, options)),
    describe: (topic) => reached(() => topics.describe(topic)),
    committed: (groupId, topic) => reached(() => topics.committed(groupId, topic)),
    groups: (topic) => reached(() => topics.groups(topic)),
    resetOffsets: (groupId, topic, to) => reached(() => topics.resetOffsets(groupId, topic, to)),
    peek: (topic, options) => reached(() => topics.peek(topic, options)),
    list: () => reached(() => topics.list()),
    // They are the world's.
    close: () => Promise.resolve(),
    async consume(options) {
      const onRecords = async (batch: TopicBatch): Promise<void> => {
        await sleep(clock, faults.deliveryDelayMs());
        onDelivered(batch);
        await options.onRecords(batch);
      };
      const consumer = await reached(() => topics.consume({ ...options, onRecords }, clock));
      return { ...delegated(consumer), commit: (positions) => commit(consumer, positions) };
    },
  };

  /** It fails as whatever is sent does; the faults know topics of the log only. */
  async function commit(
    consumer: TopicConsumer,
    positions: ReadonlyMap<number, number>,
  ): Promise<void> {
    await faults.beforeWrite('send', 'triggers', 0);
    await consumer.commit(positions);
    await faults.afterWrite('send', 'triggers', 0);
  }
}

function delegated(consumer: TopicConsumer): Omit<TopicConsumer, 'commit'> {
  return {
    assigned: () => consumer.assigned(),
    pause: (partition) => consumer.pause(partition),
    resume: (partition) => consumer.resume(partition),
    close: () => consumer.close(),
  };
}
