import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign, decodeAssignment } from '../../../src/adapters/kafka/group-protocol.ts';
import { stickyAssign, type Claimant } from '../../../src/support/sticky-assignment.ts';

/** Members with any claims, also on the same partition and on partitions that do not exist. */
const members = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 4 }),
    owned: fc.array(fc.integer({ min: -2, max: 25 }), { maxLength: 14 }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 7 },
);
const partitions = fc.integer({ min: 0, max: 24 });

/** What is left of the claims when each partition has one claimant: the earlier by id. */
function valid(count: number, claimants: readonly Claimant[]): Map<string, Set<number>> {
  const free = new Set(Array.from({ length: count }, (_, partition) => partition));
  const claims = new Map<string, Set<number>>();
  for (const { id, owned } of claimants.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const own = new Set(owned.filter((partition) => free.has(partition)));
    for (const partition of own) free.delete(partition);
    claims.set(id, own);
  }
  return claims;
}

describe('stickyAssign', () => {
  test('gives every partition to one member, and nobody two more than another', () => {
    fc.assert(
      fc.property(partitions, members, (count, claimants) => {
        const plan = stickyAssign(count, claimants);
        expect([...plan.keys()].toSorted()).toEqual(claimants.map(({ id }) => id).toSorted());
        const all = [...plan.values()].flat().toSorted((left, right) => left - right);
        expect(all).toEqual(Array.from({ length: count }, (_, partition) => partition));
        const sizes = [...plan.values()].map((seats) => seats.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  test('moves as little as any balanced assignment can', () => {
    fc.assert(
      fc.property(partitions, members, (count, claimants) => {
        const claims = valid(count, claimants);
        const share = Math.floor(count / claimants.length);
        const withMore = [...claims.values()].filter(({ size }) => size > share).length;
        // Everybody keeps the share at most, and as many as there are such seats keep one more.
        const keepable =
          [...claims.values()].reduce((sum, { size }) => sum + Math.min(size, share), 0) +
          Math.min(withMore, count % claimants.length);
        const plan = stickyAssign(count, claimants);
        const kept = [...plan].reduce(
          (sum, [id, seats]) => sum + seats.filter((each) => claims.get(id)?.has(each)).length,
          0,
        );
        expect(kept).toBe(keepable);
      }),
      { numRuns: 500 },
    );
  });

  test('is the same in whatever order the coordinator lists the members', () => {
    fc.assert(
      fc.property(partitions, members, (count, claimants) => {
        const reversed = stickyAssign(count, claimants.toReversed());
        expect(stickyAssign(count, claimants)).toEqual(reversed);
      }),
    );
  });

  test('changes nothing when asked again', () => {
    fc.assert(
      fc.property(partitions, members, (count, claimants) => {
        const first = stickyAssign(count, claimants);
        const again = [...first].map(([id, owned]) => ({ id, owned }));
        expect(stickyAssign(count, again)).toEqual(first);
      }),
    );
  });

  test('without members is empty', () => {
    expect(stickyAssign(12, [])).toEqual(new Map());
  });
});

describe('an assignment on the wire', () => {
  const metadata = (value: unknown) => Buffer.from(JSON.stringify(value));

  test('reaches its member', () => {
    const plan = assign(3, [{ id: 'a', metadata: metadata({ owned: [2], generation: 1 }) }]);
    expect(plan.get('a')?.toString()).toBe('{"partitions":[0,1,2]}');
    expect(decodeAssignment(plan.get('a') ?? Buffer.alloc(0))).toEqual([0, 1, 2]);
  });

  test('believes the newer generation where two claim a partition', () => {
    const plan = assign(4, [
      // Was stopped for a while, and does not know that `b` has them since.
      { id: 'a', metadata: metadata({ owned: [0, 1, 2, 3], generation: 4 }) },
      { id: 'b', metadata: metadata({ owned: [2, 3], generation: 5 }) },
    ]);
    expect(plan.get('b')?.toString()).toBe('{"partitions":[2,3]}');
  });

  test.each([Buffer.from('not json'), Buffer.from('[1]'), Buffer.from('{"partitions":"x"}')])(
    'that is something else reads as none: %s',
    (bytes) => {
      expect(decodeAssignment(bytes)).toEqual([]);
      expect(
        assign(1, [{ id: 'a', metadata: bytes }])
          .get('a')
          ?.toString(),
      ).toContain('[0]');
    },
  );
});
