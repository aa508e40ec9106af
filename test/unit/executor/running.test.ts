import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cluster, eventually, quickFlow } from './cluster.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.close());

test('a start becomes an execution with its events, public records and log lines', async () => {
  await cluster.deploy(quickFlow);
  await cluster.running();
  const execution = await cluster.start('quick', { inputs: { n: 4 } });
  const ended = await cluster.ended(execution);
  expect(ended.state).toBe('SUCCESS');
  expect(ended.outputs).toEqual({ total: 5 });
  const types = (await cluster.events()).map(({ type }) => type);
  expect(types).toEqual(['execution.created', 'task.ended', 'task.ended', 'execution.ended']);
  const published = await eventually('public records', async () => {
    const records = await cluster.records('executions');
    return records.length === 4 && records;
  });
  expect(published.map(({ headers }) => headers['ce_id'])).toEqual(
    [1, 2, 3, 4].map((seq) => `${execution}/${seq}`),
  );
  expect(await cluster.records('logs')).toHaveLength(1);
});
