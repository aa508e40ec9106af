import { expect, it } from 'vitest';
import { examineTopic } from '../../../src/adapters/kafka/examine-topic.ts';
import { topicConfig } from '../../../src/adapters/kafka/topics.ts';
import type {
  PartitionMetadata,
  TopicMetadata,
} from '../../../src/adapters/kafka/wire/metadata.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { present } from '../../../src/support/assert.ts';

const spec = present(
  topicSpecs({ partitions: 1, workerGroups: [] }).find(({ topic }) => topic === 'events'),
  'the specification of events',
);

function examine(
  metadata: Partial<TopicMetadata>,
  settings: Readonly<Record<string, string>> = {},
  code = 0,
): readonly string[] {
  const config = new Map(Object.entries({ ...topicConfig(spec, 3), ...settings }));
  const topic = { topic: 'm.events', code: 0, partitions: [partition({})], ...metadata };
  return examineTopic('m.events', spec, [topic], { topic: 'm.events', code, config }).map(
    ({ level, message, advice = '' }) => `${level}: ${message}. ${advice}`,
  );
}

function partition(given: Partial<PartitionMetadata>): PartitionMetadata {
  const nodes = [1, 2, 3];
  return { partition: 0, code: 0, leader: 1, replicas: nodes, inSyncReplicas: nodes, ...given };
}

it('is content with what we create', () => {
  expect(examine({})).toEqual(['ok: 1 partitions, 3 replicas, settings as they should be. ']);
});

it.each([
  ['a topic that we may not see', examine({ code: 29, partitions: [] }), /^problem: .*Describe it/],
  ['settings that we may not see', examine({}, {}, 29), /^problem: .*DescribeConfigs it/],
  [
    'a partition without a leader',
    examine({ partitions: [partition({ leader: -1 })] }),
    /^problem: 1 partitions have no leader/,
  ],
  [
    'replicas that are behind',
    examine({ partitions: [partition({ inSyncReplicas: [1] })] }),
    /^warning: 1 partitions have replicas that are behind/,
  ],
  [
    'a setting that stops writing with the first broker',
    examine({}, { 'min.insync.replicas': '3' }),
    /^problem: min\.insync\.replicas is 3: .* to 2;/,
  ],
])('says %s', (_what, [said, ...others], expected) => {
  expect(said).toMatch(expected);
  expect(others).toEqual([]);
});

it('takes no retention for one without end', () => {
  expect(examine({}, { 'retention.ms': '-1' })).toHaveLength(1);
  expect(examine({}, { 'retention.ms': '-1' })[0]).toMatch(/^ok/);
});
