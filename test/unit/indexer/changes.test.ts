/** Events as rows of views: what a task run is shown under, and what counts. */
import { expect, it } from 'vitest';
import { ViewChanges } from '../../../src/indexer/changes.ts';
import type { BlockOpened, Event, IterationPlace, TaskEnded } from '../../../src/model/events.ts';
import { executionId } from '../../../src/model/ids.ts';
import type { ViewBatch } from '../../../src/ports/views.ts';
import { lifeOf } from './events-log.ts';

const execution = executionId('0'.repeat(26));
const happened = { time: 2_000, cause: { kind: 'continue' }, execution } as const;

interface Place {
  readonly run: number;
  readonly parent: number;
  readonly task: string;
  readonly iteration?: IterationPlace;
}

function opened(place: Place): BlockOpened {
  const block = { taskType: 'foreach', attempt: 1, total: 1, limit: 1 } as const;
  return { ...happened, ...place, ...block, type: 'block.opened' };
}

function ended(place: Place, state: TaskEnded['state'] = 'SUCCESS'): TaskEnded {
  const about = {
    ...{ namespace: 'shop', flow: 'order', revision: 1, labels: {} },
    state: 'RUNNING',
    trigger: { type: 'api', id: null },
    startedAtMs: 1_000,
  } as const;
  const task = { taskType: 'log', attempt: 1, outputs: null, seq: 2, about, state };
  return { ...happened, ...place, ...task, type: 'task.ended' };
}

function batchOf(events: readonly Event[]): ViewBatch {
  const changes = new ViewChanges();
  for (const [offset, event] of events.entries()) changes.add(event, offset);
  return changes.batch();
}

it('puts what runs in an iteration under its loop, with the index, and nothing else', () => {
  // 1 is a loop. Right in its iteration 4, which has ordinal 2, is another loop, 3; in iteration 7 of that a block, 6.
  const outer = { run: 2, loop: 1, index: 4 };
  const inner = { run: 5, loop: 3, index: 7 };
  const { taskRuns } = batchOf([
    opened({ run: 1, parent: 0, task: 'outer' }),
    opened({ run: 3, parent: 2, task: 'inner', iteration: outer }),
    opened({ run: 6, parent: 5, task: 'block', iteration: inner }),
    ended({ run: 7, parent: 6, task: 'leaf', iteration: inner }),
    // Of the inner loop's `errors`: in the outer loop's iteration, and in none of its own.
    ended({ run: 8, parent: 3, task: 'alarm', iteration: outer }),
  ]);
  const places = taskRuns.map(({ task, parent, iteration }) => [task, parent, iteration]);
  expect(places).toEqual([
    ['outer', 0, undefined],
    ['inner', 1, 4],
    ['block', 3, 7],
    ['leaf', 6, undefined],
    ['alarm', 3, undefined],
  ]);
});

it('counts the ended runs of the flow, and none of those that are ours', () => {
  const [created] = lifeOf(execution);
  const own = ended({ run: 2, parent: 0, task: '$outputs' }, 'FAILED');
  const { executions, taskRuns } = batchOf([
    ...(created === undefined ? [] : [created]),
    ended({ run: 1, parent: 0, task: 'said' }),
    own,
  ]);
  expect(executions).toMatchObject([{ taskRunsEnded: 1 }]);
  expect(taskRuns).toMatchObject([{ task: 'said' }, { task: '$outputs', state: 'FAILED' }]);
});
