import type { TopicName } from '../../model/log-records.ts';
import type { GroupMember, JoinOptions, Membership } from '../../ports/membership.ts';
import type { KafkaConnectionOptions } from './broker-link.ts';
import { GroupMembership } from './group.ts';

export interface MembershipOptions {
  readonly connection: KafkaConnectionOptions;
  /** Also of consumer groups, so that two installations on one cluster do not share work. */
  readonly prefix: string;
  /** Ends what is joining. */
  readonly signal: AbortSignal;
}

/** Consumer groups of Kafka, with our own protocol type and assignment. */
export class KafkaMembership implements Membership {
  readonly #options: MembershipOptions;
  readonly #joined = new Set<GroupMembership>();

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  async join(options: JoinOptions): Promise<GroupMember> {
    const { connection, prefix, signal } = this.#options;
    const { logger } = connection;
    const group = new GroupMembership({
      ...options,
      connection,
      consumerGroup: prefix + options.consumerGroup,
      ...(logger === undefined ? {} : { logger }),
    });
    this.#joined.add(group);
    try {
      await group.join(signal);
    } catch (error) {
      this.#joined.delete(group);
      throw error;
    }
    return {
      get memberId() {
        return group.memberId;
      },
      commit: (topic: TopicName, offsets) => group.commit(prefix + topic, offsets),
      committed: (topic: TopicName) => group.committed(prefix + topic),
      leave: async () => {
        this.#joined.delete(group);
        await group.leave();
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#joined].map((group) => group.leave()));
  }
}
