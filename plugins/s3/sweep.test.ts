import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BestOf } from './best-of.ts';
import { type Memory, memoryState, nothingSeen, restoreMemory } from './memory.ts';
import { compareArrival, fingerprint, type S3Object } from './object.ts';
import { OBJECTS_MAX } from './settings.ts';
import { Sweep, type SweepOptions, type SweepResult } from './sweep.ts';

const STATE_BYTES_MAX = 256 * 1024;
const WATCH = ['', 'bucket', '', '', 'latest'];

function objectAt(lastModifiedMs: number, key: string): S3Object {
  return { bucket: 'bucket', key, size: 1, etag: key, lastModifiedMs, versionId: undefined };
}

function look(memory: Memory, listed: readonly S3Object[], options: SweepOptions): SweepResult {
  const sweep = new Sweep(memory, options);
  for (const object of listed.toSorted((a, b) => (a.key < b.key ? -1 : 1))) sweep.see(object);
  return sweep.end();
}

const after = ({ remembered }: SweepResult): Memory => ({ ...nothingSeen, ...remembered });

/** What becomes of the memory between two looks, which other processes do. */
function carried(memory: Memory): Memory {
  const state = memoryState(memory, WATCH);
  expect(JSON.stringify(state).length).toBeLessThan(STATE_BYTES_MAX);
  return restoreMemory(state, WATCH);
}

const keysOf = (objects: readonly S3Object[]) => objects.map(({ key }) => key);

describe('a look', () => {
  it('takes each object once, the oldest first, and of one time by key', () => {
    const objects = [objectAt(3, 'a'), objectAt(1, 'c'), objectAt(1, 'b'), objectAt(2, 'd')];
    const first = look(nothingSeen, objects, { objectsMax: 3 });
    expect([keysOf(first.taken), first.isMore]).toEqual([['b', 'c', 'd'], true]);
    const second = look(carried(after(first)), objects, { objectsMax: 3 });
    expect([keysOf(second.taken), second.isMore]).toEqual([['a'], false]);
    expect(look(carried(after(second)), objects, { objectsMax: 3 }).taken).toEqual([]);
  });

  it('takes an object again when it is replaced, also within the same second', () => {
    const memory = after(look(nothingSeen, [objectAt(1, 'a')], { objectsMax: 9 }));
    const replaced = { ...objectAt(1, 'a'), etag: 'other' };
    expect(look(memory, [replaced], { objectsMax: 9 }).taken).toEqual([replaced]);
    const again = objectAt(2, 'a');
    expect(look(memory, [again], { objectsMax: 9 }).taken).toEqual([again]);
  });

  it('takes what appears with an older time, as long as it is newer than what is forgotten', () => {
    const objects = Array.from({ length: 10 }, (_, at) => objectAt(at, `k${at}`));
    const options = { objectsMax: 10, rememberedMax: 4 };
    const memory = carried(after(look(nothingSeen, objects, options)));
    expect(memory.horizon).toMatchObject({ lastModifiedMs: 6 });
    const late = [objectAt(7, 'late'), objectAt(5, 'lost')];
    expect(keysOf(look(memory, [...objects, ...late], options).taken)).toEqual(['late']);
    // Once the list is short enough to be remembered as a whole, nothing is lost any more.
    const few = carried(after(look(memory, objects.slice(7), options)));
    expect(few.horizon).toBeUndefined();
    expect(keysOf(look(few, [objectAt(0, 'old')], options).taken)).toEqual(['old']);
  });

  it('lets what waits with an old time be taken by later looks, however much is remembered', () => {
    const options = { objectsMax: 1, rememberedMax: 4 };
    const objects = [10, 11, 12, 13].map((at) => objectAt(at, `k${at}`));
    let memory = after(look(nothingSeen, objects, { objectsMax: 4 }));
    objects.push(...[1, 2, 3].map((at) => objectAt(at, `late${at}`)));
    const taken = ['', '', ''].flatMap(() => {
      const result = look(memory, objects, options);
      memory = carried(after(result));
      return keysOf(result.taken);
    });
    expect(taken).toEqual(['late1', 'late2', 'late3']);
  });

  it('knows what is old also while others wait for their action', () => {
    const waiting = objectAt(9, 'waiting');
    const unfinished = new Set([fingerprint(waiting)]);
    const memory = carried({ ...nothingSeen, horizon: objectAt(5, 'k'), unfinished });
    const result = look(memory, [objectAt(1, 'old'), waiting], { objectsMax: 5 });
    expect([result.taken, keysOf(result.unfinished)]).toEqual([[], ['waiting']]);
  });

  it('takes no more while as many wait for their action, and gives those out', () => {
    const waiting = [objectAt(1, 'a'), objectAt(2, 'b')];
    const unfinished = new Set(waiting.map(fingerprint));
    const memory = carried({ ...nothingSeen, unfinished });
    const result = look(memory, [...waiting, objectAt(0, 'new')], { objectsMax: 2 });
    expect(keysOf(result.unfinished)).toEqual(['a', 'b']);
    expect([result.taken, result.isMore]).toEqual([[], true]);
  });

  it('takes the same batch again after it was cut off, and the rest later', () => {
    const batch = [objectAt(5, 'b'), objectAt(6, 'c')];
    const objects = new Set(batch.map(fingerprint));
    const memory = carried({ ...nothingSeen, batch: { key: 'k', objects } });
    const listed = [objectAt(1, 'a'), ...batch, objectAt(9, 'd')];
    const result = look(memory, listed, { objectsMax: 9 });
    expect([keysOf(result.taken), result.isMore]).toEqual([['b', 'c'], true]);
    const rest = look(carried(after(result)), listed, { objectsMax: 9 });
    expect(keysOf(rest.taken)).toEqual(['a', 'd']);
  });

  it('of another bucket, prefix or pattern begins anew', () => {
    const { seen } = after(look(nothingSeen, [objectAt(1, 'a')], { objectsMax: 9 }));
    const state = memoryState({ ...nothingSeen, seen }, WATCH);
    expect(restoreMemory(state, ['', 'bucket', 'other/', '', 'latest'])).toEqual(nothingSeen);
    expect(restoreMemory(undefined, WATCH)).toEqual(nothingSeen);
  });
});

describe('looks at a bucket of 100,000 objects', () => {
  const LOOKS = 10;

  it('take the oldest, each once, with a bounded state', () => {
    const objects = Array.from({ length: 100_000 }, (_, at) =>
      objectAt(Math.floor(((at * 7_919) % 100_000) / 50) * 1_000, `incoming/${at}`),
    );
    objects.sort((a, b) => (a.key < b.key ? -1 : 1));
    const taken = new Set<string>();
    let memory = nothingSeen;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const sweep = new Sweep(memory, { objectsMax: OBJECTS_MAX });
      for (const object of objects) sweep.see(object);
      const result = sweep.end();
      for (const { key } of result.taken) taken.add(key);
      expect(taken.size).toBe((looks + 1) * OBJECTS_MAX);
      memory = carried(after(result));
    }
    const oldest = objects.toSorted(compareArrival).slice(0, LOOKS * OBJECTS_MAX);
    expect(taken).toEqual(new Set(keysOf(oldest)));
    const waiting = objects.filter(({ key }) => !taken.has(key));
    expect(look(memory, waiting, { objectsMax: 1 }).taken).toEqual([
      waiting.toSorted(compareArrival)[0],
    ]);
    expect(look(memory, oldest, { objectsMax: 9 })).toMatchObject({ taken: [], isMore: false });
  }, 60_000);

  it('have room in the state for the longest keys and all that may wait', () => {
    const many = (count: number, from: number) =>
      new Set(Array.from({ length: count }, (_, at) => from + at));
    const horizon = objectAt(1, '\u0001'.repeat(1_024));
    const full = { horizon, seen: many(25_000, 1), unfinished: many(OBJECTS_MAX, 1_000_000) };
    carried({ ...full, batch: undefined });
    const batch = { key: 'k'.repeat(43), objects: many(OBJECTS_MAX, 2_000_000) };
    carried({ ...full, unfinished: new Set(), batch });
  });
});

describe('any history of a bucket', () => {
  /** In each step objects arrive, some with older times, and some go; then there is a look. */
  const step = fc.record({
    arrivals: fc.array(fc.record({ ageSeconds: fc.nat(6), key: fc.nat(40) }), { maxLength: 12 }),
    deleted: fc.array(fc.nat(60), { maxLength: 4 }),
    objectsMax: fc.integer({ min: 1, max: 6 }),
    crashes: fc.boolean(),
  });

  it('never starts an object twice, and loses only what is older than all that is remembered', () => {
    const rememberedMax = 8;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const listed = new Map<string, S3Object>();
        const started = new Set<number>();
        let memory = nothingSeen;
        const arrivedBelowHorizon = new Set<number>();
        const lookNow = (objectsMax: number): SweepResult =>
          look(memory, [...listed.values()], { objectsMax, rememberedMax });
        const settle = (result: SweepResult): void => {
          for (const object of result.taken) {
            expect(started.has(fingerprint(object))).toBe(false);
            started.add(fingerprint(object));
          }
          memory = carried(after(result));
        };
        steps.forEach(({ arrivals, deleted, objectsMax, crashes }, second) => {
          for (const { ageSeconds, key } of arrivals) {
            const object = {
              ...objectAt((second - ageSeconds) * 1_000, `k${key}`),
              etag: `${second}`,
            };
            listed.set(object.key, object);
            const { horizon } = memory;
            if (horizon !== undefined && object.lastModifiedMs <= horizon.lastModifiedMs) {
              arrivedBelowHorizon.add(fingerprint(object));
            }
          }
          for (const at of deleted) listed.delete([...listed.keys()][at] ?? '');
          const result = lookNow(objectsMax);
          if (!crashes) settle(result);
        });
        for (let looks = 0; looks < 60; looks += 1) settle(lookNow(3));
        for (const object of listed.values()) {
          const hash = fingerprint(object);
          expect(started.has(hash) || arrivedBelowHorizon.has(hash)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the best of a stream', () => {
  it('are those of the whole sorted, and the next one is known', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 400 }), fc.nat(20), (items, count) => {
        const best = new BestOf<number>(count, (a, b) => a - b);
        for (const item of items) best.add(item);
        const sorted = items.toSorted((a, b) => a - b);
        expect(best.result()).toEqual({ best: sorted.slice(0, count), next: sorted[count] });
      }),
    );
  });
});
