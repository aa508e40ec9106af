import { expect } from 'vitest';
import type { ViewsCase } from '../views.ts';
import { batchOf, executionPatch, lineOf, newId, runningPatch } from './batches.ts';

const place = (offset: number) => ({ offset, epoch: 1, batch: 2, index: 3 });

export const writeCases: readonly ViewsCase[] = [
  {
    name: 'keeps the newest places with the rows',
    async run(views) {
      const places = new Map([
        [0, place(10)],
        [11, place(4)],
      ]);
      await views.write(batchOf({ places, logPositions: new Map([[3, 9]]) }));
      await views.write(batchOf({ places: new Map([[0, place(12)]]) }));
      expect(await views.places()).toEqual(new Map([...places, [0, place(12)]]));
      expect(await views.logPositions()).toEqual(new Map([[3, 9]]));
    },
  },
  {
    name: 'writes all of a batch or nothing, and goes on',
    async run(views) {
      const patch = executionPatch();
      // A task run without a patch of its execution.
      const broken = batchOf({
        executions: [patch],
        taskRuns: [{ execution: newId(), ordinal: 1 }],
        logLines: [lineOf(patch.id, 1)],
        places: new Map([[0, place(1)]]),
      });
      await expect(views.write(broken)).rejects.toThrow();
      expect(await views.execution(patch.id)).toBeUndefined();
      expect(await views.places()).toEqual(new Map());
      await views.write({ ...broken, taskRuns: [] });
      expect(await views.execution(patch.id)).toBeDefined();
    },
  },
  {
    name: 'forgets everything on demand, and begins anew',
    async run(views) {
      const patch = executionPatch();
      const all = batchOf({
        executions: [patch],
        taskRuns: [{ execution: patch.id, ordinal: 1 }],
        logLines: [lineOf(patch.id, 1)],
        places: new Map([[0, place(1)]]),
        logPositions: new Map([[0, 1]]),
      });
      await views.write(all);
      await views.reset();
      expect(await views.executions({ limit: 1 })).toEqual({ rows: [] });
      expect(await views.taskRuns(patch.id, { limit: 1 })).toEqual([]);
      expect(await views.logLines(patch.id, { limit: 1 })).toEqual([]);
      expect((await views.places()).size + (await views.logPositions()).size).toBe(0);
      await views.write(all);
      expect(await views.execution(patch.id)).toMatchObject({ eventOffsets: [1] });
    },
  },
  {
    name: 'removes the oldest ended executions beyond a number, with all that is theirs',
    async run(views) {
      const patches = Array.from({ length: 1_200 }, (_, n) =>
        n % 100 === 0
          ? runningPatch({ startedAtMs: n })
          : executionPatch({ startedAtMs: n, endedAtMs: n + 1 }),
      );
      await views.write(
        batchOf({
          executions: patches,
          taskRuns: patches.map(({ id }) => ({ execution: id, ordinal: 1 })),
          logLines: patches.map(({ id }) => lineOf(id, 1)),
        }),
      );
      let calls = 1;
      while (await views.trim(100)) calls += 1;
      // It takes its time, so that it does not hold the process.
      expect(calls).toBeGreaterThan(1);
      const left = await views.executions({ limit: 2_000 });
      const kept = [...patches.slice(0, 1_100).filter((_, n) => n % 100 === 0)];
      expect(left.rows.map(({ id }) => id)).toEqual(
        [...kept, ...patches.slice(1_100)].map(({ id }) => id).reverse(),
      );
      const gone = patches[1];
      const stays = patches[0];
      if (gone === undefined || stays === undefined) throw new Error('no patches');
      expect(await views.taskRuns(gone.id, { limit: 1 })).toEqual([]);
      expect(await views.logLines(gone.id, { limit: 1 })).toEqual([]);
      expect(await views.taskRuns(stays.id, { limit: 1 })).toHaveLength(1);
      // The next round finds those that have ended since.
      await views.write(
        batchOf({
          executions: [{ id: stays.id, endedAtMs: 5, taskRunsEnded: 0, eventOffsets: [2] }],
        }),
      );
      while (await views.trim(100));
      expect(await views.execution(stays.id)).toBeUndefined();
    },
  },
];
