import fc from 'fast-check';
import { expect } from 'vitest';
import { RejectedError } from '../../../src/model/errors.ts';
import type { ExecutionId } from '../../../src/model/ids.ts';
import type { ExecutionPatch, ExecutionQuery, ViewStore } from '../../../src/ports/views.ts';
import type { ViewsCase } from '../views.ts';
import { batchOf, executionPatch } from './batches.ts';

/** All pages of a search; fails when a page is longer than asked for, or the pages do not end. */
async function search(
  views: ViewStore,
  query: Omit<ExecutionQuery, 'limit' | 'cursor'>,
  limit: number,
): Promise<readonly ExecutionId[]> {
  const ids: ExecutionId[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 1_000; pages += 1) {
    const page = await views.executions({ ...query, limit, ...(cursor && { cursor }) });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    ids.push(...page.rows.map(({ id }) => id));
    if (page.cursor === undefined) return ids;
    ({ cursor } = page);
  }
  throw new Error('the pages do not end');
}

const text = fc.constantFrom('a', 'b', "' OR 1=1 --", '%', 'ä"\\', '__proto__');
const state = fc.constantFrom('SUCCESS', 'FAILED', 'RUNNING');
const labels = fc.dictionary(text, text, { maxKeys: 2 });

const patches = fc.array(
  fc
    .record({
      namespace: text,
      flow: text,
      state,
      labels,
      trigger: fc.record({ type: fc.constant('webhook'), id: fc.option(text) }),
      // So few that many are equal.
      startedAtMs: fc.integer({ min: 0, max: 9 }),
    })
    .map((fields) => executionPatch(fields)),
  { maxLength: 30 },
);

const queries = fc.record(
  {
    namespace: text,
    flow: text,
    states: fc.uniqueArray(state, { minLength: 1 }),
    labels,
    trigger: text,
    fromMs: fc.integer({ min: 0, max: 9 }),
    toMs: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: [] },
);

/** What a search means, one condition a line. */
function matches(patch: ExecutionPatch, query: Omit<ExecutionQuery, 'limit'>): boolean {
  const { startedAtMs = 0, state: is = 'CREATED' } = patch;
  return (
    (query.namespace === undefined || patch.namespace === query.namespace) &&
    (query.flow === undefined || patch.flow === query.flow) &&
    (query.trigger === undefined || patch.trigger?.id === query.trigger) &&
    (query.states === undefined || query.states.includes(is)) &&
    (query.fromMs === undefined || startedAtMs >= query.fromMs) &&
    (query.toMs === undefined || startedAtMs < query.toMs) &&
    Object.entries(query.labels ?? {}).every(
      ([name, value]) => Object.hasOwn(patch.labels ?? {}, name) && patch.labels?.[name] === value,
    )
  );
}

function newestFirst(left: ExecutionPatch, right: ExecutionPatch): number {
  const byStart = (right.startedAtMs ?? 0) - (left.startedAtMs ?? 0);
  return byStart === 0 ? (left.id < right.id ? 1 : -1) : byStart;
}

export const searchCases: readonly ViewsCase[] = [
  {
    name: 'finds what all conditions hold for, newest first, page by page, and nothing twice',
    async run(views) {
      await fc.assert(
        fc.asyncProperty(
          patches,
          queries,
          fc.integer({ min: 1, max: 7 }),
          async (executions, query, limit) => {
            await views.reset();
            await views.write(batchOf({ executions }));
            const wanted = executions.filter((patch) => matches(patch, query)).sort(newestFirst);
            expect(await search(views, query, limit)).toEqual(wanted.map(({ id }) => id));
          },
        ),
        { numRuns: 300 },
      );
    },
  },
  {
    name: 'takes no text as anything but a value',
    async run(views) {
      const patch = executionPatch();
      await views.write(batchOf({ executions: [patch] }));
      const hostile = [
        `x' OR '1'='1`,
        `x"; DROP TABLE executions; --`,
        '*',
        '%',
        `shop.orders\0`,
        '$.team',
        `team' OR key = 'team`,
      ];
      for (const word of hostile) {
        const query = [
          { namespace: word },
          { flow: word },
          { trigger: word },
          { labels: { [word]: 'blue' } },
          { labels: { team: word } },
        ];
        for (const one of query) expect(await search(views, one, 5)).toEqual([]);
      }
      expect(await search(views, { labels: { team: 'blue' } }, 5)).toEqual([patch.id]);
    },
  },
  {
    name: 'gives on the next page what follows, whatever started meanwhile',
    async run(views) {
      const old = Array.from({ length: 6 }, (_, n) => executionPatch({ startedAtMs: n }));
      await views.write(batchOf({ executions: old }));
      const first = await views.executions({ limit: 3 });
      await views.write(batchOf({ executions: [executionPatch({ startedAtMs: 100 })] }));
      const second = await views.executions({
        limit: 3,
        ...(first.cursor && { cursor: first.cursor }),
      });
      const ids = [...first.rows, ...second.rows].map(({ id }) => id);
      expect(ids).toEqual(old.map(({ id }) => id).reverse());
      expect(second.cursor).toBeUndefined();
    },
  },
  {
    name: 'finds one among very many, in calls that are each short',
    async run(views) {
      const many = Array.from({ length: 12_000 }, (_, n) => executionPatch({ startedAtMs: n }));
      const rare = executionPatch({ startedAtMs: -1, flow: 'rare' });
      await views.write(batchOf({ executions: [...many, rare] }));
      const page = await views.executions({ flow: 'rare', limit: 10 });
      // The whole would take longer than others may be kept waiting.
      expect(page.rows).toEqual([]);
      expect(page.cursor).toBeDefined();
      expect(await search(views, { flow: 'rare' }, 10)).toEqual([rare.id]);
      expect((await search(views, {}, 500)).length).toBe(many.length + 1);
    },
  },
  {
    name: 'refuses a cursor that is none',
    async run(views) {
      for (const cursor of ['x', '', 'MS4', Buffer.from('1e9.a').toString('base64url')]) {
        await expect(views.executions({ cursor, limit: 1 })).rejects.toBeInstanceOf(RejectedError);
      }
    },
  },
];
