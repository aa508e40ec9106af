import type { Admin } from 'kafkajs';
import { eventually } from '../../support/memory-ports.ts';

/** Makes a topic and waits for its leaders: until then a broker may still say that there is none. */
export async function createTopicWithLeaders(
  admin: Admin,
  topic: string,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const topics = [{ topic, numPartitions: partitions, configEntries }];
  await eventually('the topic to be made', () =>
    admin.createTopics({ waitForLeaders: false, topics }).then(
      () => true,
      () => undefined,
    ),
  );
  await eventually('the topic to have leaders', async () => {
    const found = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
    const ready = found?.topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? [];
    return ready.length === partitions;
  });
}
