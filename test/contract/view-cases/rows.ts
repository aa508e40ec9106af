import { expect } from 'vitest';
import { taskRunId } from '../../../src/model/ids.ts';
import type { LogLineView } from '../../../src/ports/views.ts';
import type { ViewsCase } from '../views.ts';
import { batchOf, executionPatch, lineOf, newId, runningPatch } from './batches.ts';

const withoutExecution = ({ execution: _, ...line }: ReturnType<typeof lineOf>): LogLineView =>
  line;

export const rowCases: readonly ViewsCase[] = [
  {
    name: 'is empty at first',
    async run(views) {
      expect(await views.places()).toEqual(new Map());
      expect(await views.logPositions()).toEqual(new Map());
      expect(await views.executions({ limit: 10 })).toEqual({ rows: [] });
      expect(await views.execution(newId())).toBeUndefined();
      expect(await views.taskRuns(newId(), { limit: 10 })).toEqual([]);
      expect(await views.logLines(newId(), { limit: 10 })).toEqual([]);
    },
  },
  {
    name: 'gives back an execution with all of its fields',
    async run(views) {
      const error = { code: 'task-failed', message: 'no', details: { status: 500 } } as const;
      const patch = executionPatch({ state: 'FAILED', error, taskRunsEnded: 2 });
      await views.write(batchOf({ executions: [patch] }));
      expect(await views.execution(patch.id)).toEqual({ ...patch, eventOffsets: [1] });
    },
  },
  {
    name: 'gives null for what a running execution does not have yet',
    async run(views) {
      const patch = runningPatch({ trigger: { type: 'api', id: null } });
      await views.write(batchOf({ executions: [patch] }));
      expect(await views.execution(patch.id)).toMatchObject({
        state: 'RUNNING',
        trigger: { type: 'api', id: null },
        endedAtMs: null,
        outputs: null,
        error: null,
      });
    },
  },
  {
    name: 'leaves as they are the fields that a later patch does not have, and adds up the rest',
    async run(views) {
      const first = runningPatch({ taskRunsEnded: 1, eventOffsets: [3, 5] });
      const { id } = first;
      await views.write(batchOf({ executions: [first] }));
      const next = { id, state: 'KILLING', taskRunsEnded: 2, eventOffsets: [9, 11] } as const;
      await views.write(batchOf({ executions: [{ ...next, eventOffsets: [9, 11] }] }));
      expect(await views.execution(id)).toMatchObject({
        ...first,
        state: 'KILLING',
        taskRunsEnded: 3,
        eventOffsets: [3, 5, 9, 11],
      });
    },
  },
  {
    name: 'gives task runs in the order of their ordinals, bit by bit',
    async run(views) {
      const patch = runningPatch();
      const execution = patch.id;
      const taskRuns = [12, 2, 1, 30].map((ordinal) => ({
        execution,
        ordinal,
        parent: 0,
        task: `task_${ordinal}`,
        taskType: 'log',
        state: 'RUNNING' as const,
      }));
      await views.write(batchOf({ executions: [patch], taskRuns }));
      const ordinals = async (range: { after?: number; limit: number }) =>
        (await views.taskRuns(execution, range)).map(({ ordinal }) => ordinal);
      expect(await ordinals({ limit: 10 })).toEqual([1, 2, 12, 30]);
      expect(await ordinals({ after: 1, limit: 2 })).toEqual([2, 12]);
      expect(await ordinals({ after: 30, limit: 2 })).toEqual([]);
    },
  },
  {
    name: 'keeps when a task run was first scheduled, and takes the rest from the newest patch',
    async run(views) {
      const patch = runningPatch();
      const run = { execution: patch.id, ordinal: 1 };
      const opened = { parent: 0, task: 'call', taskType: 'http.request' };
      const first = {
        ...run,
        ...opened,
        state: 'RUNNING',
        scheduledAtMs: 10,
        dispatch: 1,
      } as const;
      await views.write(batchOf({ executions: [patch], taskRuns: [first] }));
      const again = { id: patch.id, taskRunsEnded: 0, eventOffsets: [] };
      const error = { code: 'timed-out', message: 'late' } as const;
      const second = { ...run, scheduledAtMs: 20, dispatch: 2, startedAtMs: 25, error } as const;
      await views.write(batchOf({ executions: [again], taskRuns: [second] }));
      expect(await views.taskRuns(patch.id, { limit: 1 })).toEqual([
        {
          ordinal: 1,
          iterations: [],
          ...opened,
          state: 'RUNNING',
          attempt: 1,
          dispatch: 2,
          scheduledAtMs: 10,
          startedAtMs: 25,
          endedAtMs: null,
          outputs: null,
          error,
        },
      ]);
    },
  },
  {
    name: 'gives a task run all iterations around it, outermost first, also those of runs before the range',
    async run(views) {
      const patch = runningPatch();
      const execution = patch.id;
      const other = runningPatch();
      const run = (ordinal: number, parent: number, iteration?: number) => ({
        ...{ execution, ordinal, parent, task: `task_${ordinal}`, taskType: 'log' },
        ...(iteration === undefined ? {} : { iteration }),
      });
      // A loop (1), in its third iteration a choice (2), in that a loop (3), in that tasks (4, 5).
      const taskRuns = [run(1, 0), run(2, 1, 2), run(3, 2), run(4, 3, 0), run(5, 3, 10)];
      // What follows when a loop fails is in none of its iterations (6). A run after both (7).
      const later = [run(6, 3), run(7, 0), run(8, 1, 0)];
      const ofOther = { ...run(3, 0, 9), execution: other.id };
      await views.write(batchOf({ executions: [patch, other], taskRuns: [...taskRuns, ofOther] }));
      await views.write(batchOf({ executions: [patch], taskRuns: later }));
      // What is known stays when a later patch does not say it.
      await views.write(
        batchOf({ executions: [patch], taskRuns: [{ execution, ordinal: 5, state: 'SUCCESS' }] }),
      );
      const iterations = async (range: { after?: number; limit: number }) =>
        (await views.taskRuns(execution, range)).map((row) => row.iterations);
      const all = [[], [2], [2], [2, 0], [2, 10], [2], [], [0]];
      expect(await iterations({ limit: 10 })).toEqual(all);
      expect(await iterations({ after: 3, limit: 2 })).toEqual(all.slice(3, 5));
    },
  },
  {
    name: 'gives log lines in the order of the log, bit by bit, and each once',
    async run(views) {
      const patch = runningPatch();
      const lines = [40, 7, 9, 8].map((offset) => lineOf(patch.id, offset));
      await views.write(batchOf({ executions: [patch], logLines: lines }));
      await views.write(batchOf({ logLines: lines.slice(0, 2) }));
      const inOrder = lines.map(withoutExecution).sort((a, b) => a.offset - b.offset);
      expect(await views.logLines(patch.id, { limit: 10 })).toEqual(inOrder);
      expect(await views.logLines(patch.id, { after: 7, limit: 2 })).toEqual(inOrder.slice(1, 3));
    },
  },
  {
    name: 'keeps the first of the lines that are the same one, whenever they were written again',
    async run(views) {
      const patch = runningPatch();
      const again = { number: 0 };
      const line = (offset: number, message: string, mark: Parameters<typeof lineOf>[3]) =>
        lineOf(patch.id, offset, message, mark);
      const first = [
        line(1, 'a', again),
        line(2, 'of the next dispatch', { dispatch: 2, ...again }),
      ];
      const other = line(3, 'of another run', { taskRun: taskRunId(patch.id, 2), ...again });
      await views.write(
        batchOf({ executions: [patch], logLines: [...first, line(4, 'b', again)] }),
      );
      await views.write(
        batchOf({ logLines: [line(5, 'c', again), other, line(6, 'd', { number: 1 })] }),
      );
      const lines = await views.logLines(patch.id, { limit: 10 });
      expect(lines.map(({ message }) => message)).toEqual([
        'a',
        'of the next dispatch',
        'of another run',
        'd',
      ]);
      const taskRun = taskRunId(patch.id, 1);
      expect(await views.lineMarks(patch.id, 2)).toEqual([
        { taskRun, dispatch: 1, number: 0 },
        { taskRun, dispatch: 2, number: 0 },
      ]);
      expect(await views.lineMarks(patch.id, 6)).toContainEqual({
        taskRun,
        dispatch: 1,
        number: 1,
      });
      expect(await views.lineMarks(newId(), 6)).toEqual([]);
    },
  },
  {
    name: 'keeps lines that come before their execution, which is not there until its events are',
    async run(views) {
      const patch = runningPatch();
      await views.write(batchOf({ logLines: [lineOf(patch.id, 1)] }));
      expect(await views.execution(patch.id)).toBeUndefined();
      expect(await views.executions({ limit: 10 })).toEqual({ rows: [] });
      await views.write(batchOf({ executions: [patch], logLines: [lineOf(patch.id, 2)] }));
      const lines = await views.logLines(patch.id, { limit: 10 });
      expect(lines.map(({ offset }) => offset)).toEqual([1, 2]);
      expect(await views.execution(patch.id)).toMatchObject({ eventOffsets: [1] });
    },
  },
  {
    name: 'shows the beginning and the size of values that are too large for a view',
    async run(views) {
      const small = 'x'.repeat(8 * 1024 - 2);
      const patch = executionPatch({ inputs: { text: 'ä'.repeat(8_000) }, outputs: small });
      const run = { execution: patch.id, ordinal: 1, outputs: `${small}x` };
      await views.write(batchOf({ executions: [patch], taskRuns: [run] }));
      const view = await views.execution(patch.id);
      expect(view?.outputs).toBe(small);
      expect(view?.inputs).toEqual({
        $preview: expect.stringMatching(/^\{"text":"ä+$/),
        $bytes: 16_000 + '{"text":""}'.length,
      });
      const [shown] = await views.taskRuns(patch.id, { limit: 1 });
      expect(shown?.outputs).toMatchObject({ $bytes: 8 * 1024 + 1 });
    },
  },
];
