/** What only virtual time shows: sessions to the millisecond, and a member that stood still. */
import { expect, test } from 'vitest';
import { FreezableClock } from '../../../src/adapters/faults/freezable-clock.ts';
import type { SqliteLog } from '../../../src/adapters/sqlite/log.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { GroupMember } from '../../../src/ports/membership.ts';
import { openMemoryLog } from './open.ts';

class Member {
  owned: readonly number[] = [];
  generation = -1;
  assignments = 0;
  member: GroupMember | undefined;

  join(log: SqliteLog, clock: Clock): this {
    const joining = log.session({ clock }).membership.join({
      consumerGroup: 'g',
      partitions: 4,
      sessionMs: 6_000,
      owned: () => this.owned,
      onAssigned: (partitions, generation) => {
        this.owned = partitions;
        this.generation = generation;
        this.assignments += 1;
      },
    });
    void joining.then((member) => (this.member = member));
    return this;
  }
}

test('a member that stands still is expelled after its session, and takes nothing back when it wakes', async () => {
  const { log, clock } = await openMemoryLog();
  const frozen = new FreezableClock(clock);
  const sleeper = new Member().join(log, frozen);
  await clock.settle();
  const other = new Member().join(log, clock);
  await clock.advance(100);
  const before = other.owned;
  expect([sleeper.owned.length, other.owned.length]).toEqual([2, 2]);
  frozen.freeze();
  await clock.advance(4_900);
  expect(other.owned).toEqual(before);
  await clock.advance(1_200);
  expect(other.owned).toEqual([0, 1, 2, 3]);
  const generation = other.generation;
  // It does not know yet: it would commit positions of partitions that are somebody else's.
  expect(sleeper.owned).toHaveLength(2);
  const stale = sleeper.member?.commit('commands', new Map([[0, 99]]));
  await clock.settle();
  await stale;
  expect(await other.member?.committed('commands')).toEqual(new Map());
  frozen.thaw();
  await clock.advance(1_100);
  expect(sleeper.generation).toBe(generation + 1);
  expect(other.generation).toBe(generation + 1);
  expect([...sleeper.owned, ...other.owned].toSorted()).toEqual([0, 1, 2, 3]);
  // Its claims are of an old generation: two partitions move to it, none is fought over.
  expect(sleeper.owned).toHaveLength(2);
  await log.close();
});

test('a member that stands still holds a rebalance up for three seconds at most', async () => {
  const { log, clock } = await openMemoryLog();
  const frozen = new FreezableClock(clock);
  const sleeper = new Member().join(log, frozen);
  await clock.settle();
  frozen.freeze();
  const other = new Member().join(log, clock);
  await clock.advance(2_900);
  expect(other.assignments).toBe(0);
  await clock.advance(200);
  expect(other.owned).toEqual([0, 1, 2, 3]);
  frozen.thaw();
  await clock.advance(5_000);
  expect([sleeper.owned.length, other.owned.length]).toEqual([2, 2]);
  await log.close();
});

test('one that heartbeats stays for ever', async () => {
  const { log, clock } = await openMemoryLog();
  const member = new Member().join(log, clock);
  await clock.advance(600_000);
  expect(member.assignments).toBe(1);
  expect(member.owned).toEqual([0, 1, 2, 3]);
  await log.close();
});
