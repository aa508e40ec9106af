/**
 * The contract of `ports/Membership` as tests, run over every adapter: `describeMembershipContract` registers
 * all cases and a last test that fails when one did not run.
 */
import { expect } from 'vitest';
import type { GroupMember, Membership } from '../../src/ports/membership.ts';
import { type ContractCase, describeContract } from './contract.ts';
import { until } from './log-cases/collector.ts';

/** A process that can take part in consumer groups. */
export interface MembershipProcess {
  readonly membership: Membership;
  /** Ends it as kill -9 does: it leaves no consumer group, it falls silent. */
  crash(): Promise<void>;
}

export interface MembershipHarness {
  open(): Promise<MembershipProcess>;
  /** The shortest session that the adapter takes, ms. */
  readonly sessionMs: number;
  /** Consumer groups of other cases may still be there: the case's are made from this. */
  readonly prefix: string;
  close(): Promise<void>;
}

export type MembershipCase = ContractCase<MembershipHarness>;

const PARTITIONS = 6;
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

/** A member that owns what it was assigned last, and keeps all assignments. */
class Member {
  readonly assignments: { partitions: readonly number[]; generation: number }[] = [];
  member: GroupMember | undefined;
  beforeRejoin: (() => Promise<void>) | undefined;

  get owned(): readonly number[] {
    return this.assignments.at(-1)?.partitions ?? [];
  }

  get generation(): number {
    return this.assignments.at(-1)?.generation ?? -1;
  }

  async join(harness: MembershipHarness, process: MembershipProcess, group = 'g'): Promise<this> {
    this.member = await process.membership.join({
      consumerGroup: harness.prefix + group,
      partitions: PARTITIONS,
      sessionMs: harness.sessionMs,
      owned: () => this.owned,
      beforeRejoin: async () => this.beforeRejoin?.(),
      onAssigned: (partitions, generation) => {
        this.assignments.push({ partitions, generation });
      },
    });
    return this;
  }

  async leave(): Promise<void> {
    await this.member?.leave();
  }
}

/** All partitions are assigned, each once, in one generation. */
async function stable(...members: readonly Member[]): Promise<void> {
  const isStable = (): boolean =>
    sorted(members.flatMap(({ owned }) => owned)).join() === ALL.join() &&
    new Set(members.map(({ generation }) => generation)).size === 1;
  await until(isStable, `${members.length} members to share all partitions`);
}

function sorted(partitions: readonly number[]): readonly number[] {
  return partitions.toSorted((left, right) => left - right);
}

export const membershipCases: readonly MembershipCase[] = [
  {
    name: 'a member alone has everything, before join comes back',
    async run(harness) {
      const member = await new Member().join(harness, await harness.open());
      expect(member.member?.memberId).toBeTruthy();
      expect(sorted(member.owned)).toEqual(ALL);
    },
  },
  {
    name: 'a second member gets half, and the first keeps the rest of what it had',
    async run(harness) {
      const first = await new Member().join(harness, await harness.open());
      const second = await new Member().join(harness, await harness.open());
      await stable(first, second);
      expect([first.owned.length, second.owned.length]).toEqual([3, 3]);
      expect(first.generation).toBeGreaterThan(first.assignments[0]?.generation ?? 0);
      expect(first.member?.memberId).not.toBe(second.member?.memberId);
    },
  },
  {
    name: 'a third member takes one of each; a leave gives them back; nothing else moves',
    async run(harness) {
      const first = await new Member().join(harness, await harness.open());
      const second = await new Member().join(harness, await harness.open());
      await stable(first, second);
      const before = [first.owned, second.owned];
      const third = await new Member().join(harness, await harness.open());
      await stable(first, second, third);
      expect([first, second, third].map(({ owned }) => owned.length)).toEqual([2, 2, 2]);
      expect(before[0]).toEqual(expect.arrayContaining([...first.owned]));
      expect(before[1]).toEqual(expect.arrayContaining([...second.owned]));
      const kept = [first.owned, second.owned];
      await third.leave();
      await stable(first, second);
      expect(first.owned).toEqual(expect.arrayContaining([...(kept[0] ?? [])]));
      expect(second.owned).toEqual(expect.arrayContaining([...(kept[1] ?? [])]));
    },
  },
  {
    name: 'a member that falls silent loses its partitions after its session',
    async run(harness) {
      const first = await new Member().join(harness, await harness.open());
      const dying = await harness.open();
      const second = await new Member().join(harness, dying);
      await stable(first, second);
      const since = performance.now();
      await dying.crash();
      await stable(first);
      expect(performance.now() - since).toBeGreaterThan(harness.sessionMs / 2);
    },
  },
  {
    name: 'a member that leaves gives its partitions away at once',
    async run(harness) {
      const first = await new Member().join(harness, await harness.open());
      const second = await new Member().join(harness, await harness.open());
      await stable(first, second);
      const since = performance.now();
      await first.leave();
      await stable(second);
      expect(performance.now() - since).toBeLessThan(harness.sessionMs);
    },
  },
  {
    name: 'a member finishes what it must before it joins again, and works on until then',
    async run(harness) {
      const first = await new Member().join(harness, await harness.open());
      const finished = Promise.withResolvers<undefined>();
      let asked = 0;
      first.beforeRejoin = async () => {
        asked += 1;
        await finished.promise;
      };
      const second = new Member();
      const joining = second.join(harness, await harness.open());
      await until(() => asked > 0, 'beforeRejoin');
      expect(first.assignments).toHaveLength(1);
      expect(second.assignments).toHaveLength(0);
      finished.resolve(undefined);
      await joining;
      await stable(first, second);
      // It was never told that it has nothing.
      expect(first.assignments.every(({ partitions }) => partitions.length > 0)).toBe(true);
    },
  },
  {
    name: 'a member that does not finish in two seconds is not waited for',
    async run(harness) {
      const first = await new Member().join(harness, await harness.open());
      first.beforeRejoin = () => new Promise(() => undefined);
      const second = await new Member().join(harness, await harness.open());
      await stable(first, second);
    },
  },
  {
    name: 'positions are kept for the next member, also after everybody has left',
    async run(harness) {
      const process = await harness.open();
      const first = await new Member().join(harness, process);
      expect(await first.member?.committed('commands')).toEqual(new Map());
      const offsets = new Map([
        [0, 17],
        [2, 4],
      ]);
      await first.member?.commit('commands', offsets);
      await first.member?.commit('commands', new Map([[2, 5]]));
      const expected = new Map([
        [0, 17],
        [2, 5],
      ]);
      expect(await first.member?.committed('commands')).toEqual(expected);
      await first.leave();
      const second = await new Member().join(harness, await harness.open());
      expect(await second.member?.committed('commands')).toEqual(expected);
      expect(await second.member?.committed('logs')).toEqual(new Map());
    },
  },
  {
    name: 'a member that has left says nothing of positions any more',
    async run(harness) {
      const first = await new Member().join(harness, await harness.open());
      await first.member?.commit('commands', new Map([[0, 1]]));
      await first.leave();
      const second = await new Member().join(harness, await harness.open());
      await first.member?.commit('commands', new Map([[0, 2]]));
      expect(await second.member?.committed('commands')).toEqual(new Map([[0, 1]]));
    },
  },
  {
    name: 'consumer groups know nothing of each other',
    async run(harness) {
      const process = await harness.open();
      const one = await new Member().join(harness, process, 'one');
      const other = await new Member().join(harness, process, 'other');
      expect(sorted(one.owned)).toEqual(ALL);
      expect(sorted(other.owned)).toEqual(ALL);
      await one.member?.commit('commands', new Map([[1, 1]]));
      expect(await other.member?.committed('commands')).toEqual(new Map());
    },
  },
];

export function describeMembershipContract(
  adapter: string,
  makeHarness: () => Promise<MembershipHarness>,
): void {
  describeContract(`membership contract: ${adapter}`, membershipCases, makeHarness);
}
