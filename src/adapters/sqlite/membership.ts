/** Consumer groups within one process: `dev` has one member in each, the simulator and tests several. */
import { TerminalError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GroupMember, JoinOptions, Membership } from '../../ports/membership.ts';
import { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerOffsets } from './consumer-offsets.ts';
import { SqliteGroupMember } from './group-member.ts';

/** The coordinators, shared by all sessions of a log. */
export class ConsumerGroups {
  readonly offsets: ConsumerOffsets;
  readonly #clock: Clock;
  readonly #groups = new Map<string, ConsumerGroup>();
  #members = 0;

  constructor(offsets: ConsumerOffsets, clock: Clock) {
    this.offsets = offsets;
    this.#clock = clock;
  }

  get(name: string): ConsumerGroup {
    const found = this.#groups.get(name);
    if (found !== undefined) return found;
    const group = new ConsumerGroup(this.#clock);
    this.#groups.set(name, group);
    return group;
  }

  nextMemberId(): string {
    this.#members += 1;
    return `member-${this.#members}`;
  }

  close(): void {
    for (const group of this.#groups.values()) group.close();
  }
}

/** Membership as one session has it. */
export class SqliteMembership implements Membership {
  readonly #groups: ConsumerGroups;
  readonly #clock: Clock;
  readonly #members = new Set<SqliteGroupMember>();
  #closed = false;

  constructor(groups: ConsumerGroups, clock: Clock) {
    this.#groups = groups;
    this.#clock = clock;
  }

  async join(options: JoinOptions): Promise<GroupMember> {
    if (this.#closed) throw new TerminalError('log-closed', 'The log has been closed.');
    const member: SqliteGroupMember = new SqliteGroupMember({
      memberId: this.#groups.nextMemberId(),
      join: options,
      group: this.#groups.get(options.consumerGroup),
      offsets: this.#groups.offsets,
      clock: this.#clock,
      onEnded: () => this.#members.delete(member),
    });
    this.#members.add(member);
    await member.start();
    return member;
  }

  /** As a process that ends: members fall silent. */
  close(): void {
    this.#closed = true;
    for (const member of [...this.#members]) member.stop();
  }
}
