import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionProgress } from './partition-progress.ts';

function progress(position = 10): PartitionProgress {
  return new PartitionProgress('id/0', { position, end: 20 }, () => undefined);
}

/** Promises resolve in the turn after. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what may be committed', () => {
  it('goes to the first record whose fate is not known, in whatever order they end', async () => {
    const rows = fc.uniqueArray(fc.nat({ max: 30 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(rows, fc.nat({ max: 30 }), async (order, ended) => {
        const offsets = order.toSorted((left, right) => left - right);
        const fates = new Map(
          offsets.map((offset) => [offset, Promise.withResolvers<undefined>()]),
        );
        const tracked = progress(0);
        for (const [offset, { promise }] of fates) tracked.track(offset + 1, 1, promise);
        const done = new Set(order.slice(0, ended));
        for (const offset of done) fates.get(offset)?.resolve(undefined);
        await turn();
        const first = offsets.findIndex((offset) => !done.has(offset));
        const safe = first === -1 ? offsets.at(-1) : offsets[first - 1];
        expect(tracked.position).toBe(safe === undefined ? 0 : safe + 1);
        expect(tracked.outstanding).toBe(first === -1 ? 0 : offsets.length - first);
      }),
    );
  });

  it('passes offsets that have no record, once what is before them is safe', async () => {
    const tracked = progress();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    tracked.track(12, 1, promise);
    tracked.passed(15);
    expect(tracked.position).toBe(10);
    resolve(undefined);
    await turn();
    expect([tracked.position, tracked.lag]).toEqual([15, 5]);
    tracked.passed(17);
    expect(tracked.position).toBe(17);
  });

  it('has room for a thousand records, or for eight megabytes', async () => {
    const many = progress(0);
    const fates = Array.from({ length: 1_000 }, () => Promise.withResolvers<undefined>());
    fates.forEach(({ promise }, index) => many.track(index + 1, 1, promise));
    expect(many.hasRoom).toBe(false);
    fates[999]?.resolve(undefined);
    await turn();
    expect(many.hasRoom).toBe(false);
    fates[0]?.resolve(undefined);
    await turn();
    expect(many.hasRoom).toBe(true);
    const large = progress(0);
    large.track(1, 8 * 1024 * 1024, new Promise(() => undefined));
    expect(large.hasRoom).toBe(false);
  });
});
