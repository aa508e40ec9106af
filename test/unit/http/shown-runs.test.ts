/** Which of an execution's runs people and programs are shown. */
import { expect, it, onTestFinished } from 'vitest';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { shownRuns, TASK_RUNS_MAX } from '../../../src/http/shown-runs.ts';
import { executionId } from '../../../src/model/ids.ts';
import type { State } from '../../../src/model/states.ts';

const execution = executionId('0'.repeat(26));

async function viewsWith(
  runs: readonly (readonly [task: string, state: State])[],
): Promise<SqliteViews> {
  const views = new SqliteViews(':memory:');
  onTestFinished(() => views.close());
  await views.write({
    executions: [{ id: execution, startedAtMs: 1, taskRunsEnded: 0, eventOffsets: [] }],
    taskRuns: runs.map(([task, state], at) => ({ execution, ordinal: at + 1, task, state })),
    logLines: [],
    places: new Map(),
    logPositions: new Map(),
  });
  return views;
}

it('leaves out runs of our own that ended, unless they failed', async () => {
  const views = await viewsWith([
    ['said', 'SUCCESS'],
    ['$outputs', 'SUCCESS'],
    ['$outputs', 'KILLED'],
    ['$outputs', 'RUNNING'],
    ['$outputs', 'FAILED'],
    ['kept', 'KILLED'],
  ]);
  const { runs, next } = await shownRuns(views, execution, 0);
  expect(runs.map(({ ordinal }) => ordinal)).toEqual([1, 4, 5, 6]);
  expect(next).toBeUndefined();
});

it('says where to go on when there are more, also behind runs that it leaves out', async () => {
  const ours = Array.from({ length: TASK_RUNS_MAX }, () => ['$outputs', 'SUCCESS'] as const);
  const views = await viewsWith([...ours, ['said', 'SUCCESS']]);
  expect(await shownRuns(views, execution, 0)).toEqual({ runs: [], next: TASK_RUNS_MAX });
  const { runs, next } = await shownRuns(views, execution, TASK_RUNS_MAX);
  expect(runs).toMatchObject([{ ordinal: TASK_RUNS_MAX + 1, task: 'said' }]);
  expect(next).toBeUndefined();
  // One that is exactly full is the last.
  expect((await shownRuns(views, execution, 1)).next).toBeUndefined();
});
