import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/model/limits.ts';
import { topicSpecs } from '../../../src/records/topics.ts';

const specs = topicSpecs({ partitions: 6, workerGroups: ['default', 'gpu'] });
const DAY_MS = 86_400_000;

describe('the topics', () => {
  it('are those of docs/ARCHITECTURE.md, with a queue and a control topic per worker group', () => {
    expect(
      specs.map(({ topic, partitions, cleanup }) => `${topic} ${partitions} ${cleanup}`),
    ).toEqual([
      'starts 6 delete',
      'commands 6 delete',
      'events 6 delete',
      'executions 6 delete',
      'checkpoints 6 compact',
      'workers 1 delete',
      'flows 1 delete',
      'triggers 6 compact',
      'decisions 6 delete',
      'logs 6 delete',
      'dlq 6 delete',
      'tasks.default 6 delete',
      'control.default 1 delete',
      'tasks.gpu 6 delete',
      'control.gpu 1 delete',
    ]);
  });

  it('keep what a restore and a revision stand on', () => {
    const retention = new Map(specs.map((spec) => [spec.topic, spec]));
    expect(retention.get('events')).toMatchObject({ retentionMsMin: 7 * DAY_MS });
    expect(retention.get('flows')).toMatchObject({
      retentionMs: 'unlimited',
      retentionMsMin: 'unlimited',
    });
    expect(retention.get('executions')?.retentionMsMin).toBeUndefined();
    expect(retention.get('checkpoints')).toMatchObject({ compactionLagMs: 3_600_000 });
  });

  it('take the largest batch that is written', () => {
    for (const spec of specs) {
      expect(spec.recordBytesMax).toBeGreaterThan(limits.batchBytes.value);
      expect(spec.timestamps).toBe('LogAppendTime');
    }
  });
});
