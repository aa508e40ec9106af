/**
 * A member's side of a consumer group: heartbeats by its own clock, joins again when it is told to or when it
 * finds itself expelled, and passes assignments on. It never stops what it does for the time of a rebalance.
 */
import { TerminalError } from '../../model/errors.ts';
import { sleep } from '../../ports/clock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GroupMember, JoinOptions } from '../../ports/membership.ts';
import type { ConsumerGroup, Told } from './consumer-group.ts';
import type { ConsumerOffsets } from './consumer-offsets.ts';

const HEARTBEAT_MS = 1_000;
const BEFORE_REJOIN_MS_MAX = 2_000;

export interface MemberOptions {
  readonly memberId: string;
  readonly join: JoinOptions;
  readonly group: ConsumerGroup;
  readonly offsets: ConsumerOffsets;
  /** The member's own. */
  readonly clock: Clock;
  onEnded(): void;
}

export class SqliteGroupMember implements GroupMember, Told {
  readonly memberId: string;
  readonly #options: MemberOptions;
  readonly #first = Promise.withResolvers<undefined>();
  #generation = -1;
  #preparing = false;
  #ended = false;
  #cancelHeartbeat: (() => void) | undefined;

  constructor(options: MemberOptions) {
    this.memberId = options.memberId;
    this.#options = options;
  }

  /** Comes back with the first assignment. */
  async start(): Promise<void> {
    this.#join();
    this.#beatLater();
    await this.#first.promise;
  }

  rejoin(): void {
    void this.#options.clock.yield().then(() => this.#prepare());
  }

  assigned(partitions: readonly number[], generation: number): void {
    void this.#options.clock.yield().then(() => {
      if (this.#ended) return;
      this.#generation = generation;
      this.#options.join.onAssigned(partitions, generation);
      this.#first.resolve(undefined);
    });
  }

  async commit(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    const { group, offsets: store, join } = this.#options;
    if (this.#ended || !group.isCurrent(this.memberId, this.#generation)) return;
    await store.store(join.consumerGroup, topic, offsets);
  }

  async committed(topic: string): Promise<ReadonlyMap<number, number>> {
    return this.#options.offsets.read(this.#options.join.consumerGroup, topic);
  }

  async leave(): Promise<void> {
    if (this.#ended) return;
    this.stop();
    this.#options.group.leave(this.memberId);
  }

  /** Ends without a word, as a process that dies does: the session has to run out. */
  stop(): void {
    this.#ended = true;
    this.#cancelHeartbeat?.();
    this.#first.reject(new TerminalError('log-closed', 'The member ended before it had joined.'));
    this.#options.onEnded();
  }

  #join(): void {
    const { join, group } = this.#options;
    group.join({
      id: this.memberId,
      owned: join.owned(),
      generation: this.#generation,
      sessionMs: join.sessionMs,
      partitions: join.partitions,
      told: this,
    });
  }

  async #prepare(): Promise<void> {
    if (this.#ended || this.#preparing) return;
    this.#preparing = true;
    const { clock, join } = this.#options;
    const ready = join.beforeRejoin?.();
    if (ready !== undefined) await Promise.race([ready, sleep(clock, BEFORE_REJOIN_MS_MAX)]);
    this.#preparing = false;
    if (!this.#hasEnded()) this.#join();
  }

  #beatLater(): void {
    const { clock, join, group } = this.#options;
    const delayMs = Math.min(HEARTBEAT_MS, join.sessionMs / 3);
    this.#cancelHeartbeat = clock.after(delayMs, () => {
      if (!group.heartbeat(this.memberId)) void this.#prepare();
      this.#beatLater();
    });
  }

  #hasEnded(): boolean {
    return this.#ended;
  }
}
