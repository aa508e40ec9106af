import { FatalError } from '../../model/errors.ts';
import { type BackOff, backOffMs } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { KafkaConnectionOptions } from './broker-link.ts';
import { KafkaCluster } from './cluster.ts';
import { type GroupProtocol, ownProtocol } from './group-protocol.ts';
import { isTemporary, KafkaResponseError } from './kafka-errors.ts';
import type { Broker, JoinGroupAnswer } from './kafkajs-internals.ts';
import { orAbort, pause, repeat } from './waiting.ts';
import {
  FENCED_INSTANCE_ID,
  ILLEGAL_GENERATION,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} from './wire/error-codes.ts';

export interface GroupOptions {
  readonly connection: KafkaConnectionOptions;
  readonly consumerGroup: string;
  /** Partitions 0 … partitions - 1 are shared out. */
  readonly partitions: number;
  /** What members tell each other; default: our own. */
  readonly protocol?: GroupProtocol;
  /**
   * A member that is not heard of for this long is gone, ms; brokers take 6,000 and more by
   * default.
   */
  readonly sessionMs: number;
  /**
   * Default 1,000, at most a third of the session. How long others wait for us when they rebalance
   * depends on it.
   */
  readonly heartbeatMs?: number;
  /**
   * How long the coordinator waits for members to join again before it goes on without them, ms.
   * Default 4,000: a heartbeat, what may be finished before a rejoin, and some more.
   */
  readonly rebalanceMs?: number;
  /** What this member has now, so that the assignment moves as little as possible. */
  owned(): readonly number[];
  /** Before a rejoin; what it still waits for after two seconds is not waited for. */
  beforeRejoin?(): Promise<void>;
  /** The whole assignment, each time it may have changed. */
  onAssigned(partitions: readonly number[], generation: number): void;
  readonly logger?: Logger;
}

const HEARTBEAT_MS = 1_000;
const REBALANCE_MS = 4_000;
const BEFORE_REJOIN_MAX_MS = 2_000;
/** Between a failure and joining again. */
const BACK_OFF: BackOff = { firstMs: 100, longestMs: 2_000 };
/**
 * So many failures in a row, three seconds, are the daily bread of a coordinator that starts or moves, and of the
 * first consumer group of a cluster, for which its topic of offsets is made.
 */
const QUIET_FAILURES = 5;
const LEAVE_MAX_MS = 2_000;
const COMMIT_MAX_MS = 5_000;
const NO_GENERATION = -1;
/** The coordinator has given our place up: whatever we say is about a member that is no more. */
const OUTDATED: ReadonlySet<number> = new Set([
  ILLEGAL_GENERATION,
  UNKNOWN_MEMBER_ID,
  FENCED_INSTANCE_ID,
]);

/**
 * This process's place in a consumer group, by Kafka's group protocol with our own assignment
 * (group-protocol.ts). It only says who should have which partitions; who has them is decided by
 * the log. So nothing stops during a rebalance: the callback brings the new assignment, and what it
 * does not name is given up then.
 *
 * One loop, from `joinGroup` to `leave`: *joining* (JoinGroup waits at the coordinator until the
 * others have joined again, SyncGroup until the leader has assigned), then *member* (heartbeats). A
 * heartbeat that is told of a rebalance, or any lasting failure, leads back to joining. A
 * coordinator that cannot be reached does not, within the session: it may come back, or move, and
 * know us.
 */
export class GroupMembership {
  readonly #options: GroupOptions;
  /** Its own, because a JoinGroup blocks its connection for seconds. */
  readonly #cluster: KafkaCluster;
  readonly #ending = new AbortController();
  readonly #firstAssignment = Promise.withResolvers<undefined>();
  #memberId = '';
  #generation = NO_GENERATION;
  #isJoining = false;
  /** Ends the heartbeats between two rebalances. */
  #rejoining = new AbortController();
  /** Aborts with it and with the end of this member; made once for all pauses, which are many. */
  #pausing = AbortSignal.any([this.#ending.signal, this.#rejoining.signal]);
  #failures = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: GroupOptions) {
    this.#options = options;
    const rebalanceMs = options.rebalanceMs ?? REBALANCE_MS;
    // SyncGroup waits as long as a rebalance; a heartbeat must fail well within the session.
    const requestTimeoutMs = Math.max(rebalanceMs + 2_000, options.sessionMs / 2);
    this.#cluster = new KafkaCluster({ ...options.connection, requestTimeoutMs });
  }

  get memberId(): string {
    return this.#memberId;
  }

  get generation(): number {
    return this.#generation;
  }

  /**
   * Joins and stays; comes back after the first assignment.
   * @throws FatalError without the right to the consumer group, or with a session that the broker
   *   does not take; the signal's reason when it aborts first. Nothing is left behind then.
   */
  async join(signal: AbortSignal): Promise<void> {
    try {
      await this.#cluster.connect(signal);
      this.#loop = this.#run();
      await orAbort(signal, this.#firstAssignment.promise);
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  /** Leaves at once, so that the others take over without waiting for the session. */
  async leave(): Promise<void> {
    this.#ending.abort(new Error('left the consumer group'));
    // A JoinGroup at the coordinator would hold up the request behind it.
    if (this.#isJoining) this.#cluster.abandonConnections();
    await this.#loop;
    const memberId = this.#memberId;
    this.#memberId = '';
    if (memberId !== '') {
      const leaving = this.#ask((broker) => broker.leaveGroup({ ...this.#group, memberId }));
      // If it fails, the session runs out.
      await orAbort(AbortSignal.timeout(LEAVE_MAX_MS), leaving).catch(() => undefined);
    }
    this.#cluster.close();
  }

  /**
   * Commits positions (offsets of the next record). Nothing happens when the partitions are no
   * longer ours.
   * @throws the timeout's reason when no coordinator answers within five seconds.
   */
  async commit(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    if (this.#ending.signal.aborted) return;
    const partitions = [...offsets].map(([partition, offset]) => ({
      partition,
      offset: String(offset),
    }));
    const request = { ...this.#identity, topics: [{ topic, partitions }] };
    try {
      await this.#within(COMMIT_MAX_MS, (broker) => broker.offsetCommit(request));
    } catch (error) {
      if (!isOutdated(error) && !this.#ending.signal.aborted) throw error;
    }
  }

  /**
   * The positions committed for partitions 0 … count - 1, by default those that are shared out; those without one
   * are left out. Waits for the coordinator: nobody can go on without knowing.
   * @throws an error once this member leaves
   */
  async committed(
    topic: string,
    count = this.#options.partitions,
  ): Promise<ReadonlyMap<number, number>> {
    const partitions = Array.from({ length: count }, (_, partition) => ({ partition }));
    const request = { ...this.#group, topics: [{ topic, partitions }] };
    const { responses } = await repeat(this.#ending.signal, () =>
      this.#ask((broker) => broker.offsetFetch(request)),
    );
    const offsets = responses.flatMap((each) => each.partitions);
    return new Map(
      offsets
        .map(({ partition, offset }) => [partition, Number(offset)] as const)
        .filter(([, offset]) => offset >= 0),
    );
  }

  /** Joins again, and so do all others: what is shared out has changed. */
  rejoin(): void {
    this.#rejoining.abort();
  }

  get #protocol(): GroupProtocol {
    return this.#options.protocol ?? ownProtocol(this.#options.partitions);
  }

  get #heartbeatMs(): number {
    const { sessionMs, heartbeatMs } = this.#options;
    return heartbeatMs ?? Math.min(HEARTBEAT_MS, sessionMs / 3);
  }

  get #group(): { readonly groupId: string } {
    return { groupId: this.#options.consumerGroup };
  }

  get #identity(): { groupId: string; groupGenerationId: number; memberId: string } {
    return { ...this.#group, groupGenerationId: this.#generation, memberId: this.#memberId };
  }

  async #run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      try {
        await this.#joinOnce();
        await this.#beat();
      } catch (error) {
        await this.#afterFailure(error);
      }
    }
  }

  async #joinOnce(): Promise<void> {
    this.#isJoining = true;
    try {
      const joined = await this.#sendJoin();
      this.#memberId = joined.memberId;
      const assignment = await this.#sendSync(joined);
      this.#ending.signal.throwIfAborted();
      this.#generation = joined.generationId;
      this.#failures = 0;
      this.#options.onAssigned(this.#protocol.decode(assignment), joined.generationId);
      this.#firstAssignment.resolve(undefined);
    } finally {
      this.#isJoining = false;
    }
  }

  async #sendJoin(): Promise<JoinGroupAnswer> {
    const { sessionMs, rebalanceMs } = this.#options;
    const owned = this.#options.owned();
    const { type, name, encode } = this.#protocol;
    const metadata = encode({ owned, generation: this.#generation });
    return this.#ask((broker) =>
      broker.joinGroup({
        ...this.#group,
        memberId: this.#memberId,
        sessionTimeout: sessionMs,
        rebalanceTimeout: rebalanceMs ?? REBALANCE_MS,
        protocolType: type,
        groupProtocols: [{ name, metadata }],
      }),
    );
  }

  async #sendSync(joined: JoinGroupAnswer): Promise<Buffer> {
    const { memberId, generationId, leaderId } = joined;
    const members = joined.members.map((each) => ({
      id: each.memberId,
      metadata: each.memberMetadata,
    }));
    const plan =
      leaderId === memberId ? await this.#protocol.assign(members) : new Map<string, Buffer>();
    const groupAssignment = [...plan].map(([id, bytes]) => ({
      memberId: id,
      memberAssignment: bytes,
    }));
    const answer = await this.#ask((broker) =>
      broker.syncGroup({ ...this.#group, generationId, memberId, groupAssignment }),
    );
    return answer.memberAssignment;
  }

  /** Heartbeats until it is time to join again. */
  async #beat(): Promise<void> {
    const { sessionMs } = this.#options;
    let heardMs = performance.now();
    while (performance.now() - heardMs < sessionMs) {
      if (!(await this.#pauseUnlessRejoining())) return this.#prepareRejoin();
      try {
        await this.#ask((broker) => broker.heartbeat(this.#identity));
        heardMs = performance.now();
      } catch (error) {
        if (isRebalance(error)) return this.#prepareRejoin();
        if (!isTemporary(error)) throw error;
      }
    }
  }

  /** Waits for the next heartbeat; false when it is time to join again instead. */
  async #pauseUnlessRejoining(): Promise<boolean> {
    await pause(this.#heartbeatMs, this.#pausing).catch(() => undefined);
    this.#ending.signal.throwIfAborted();
    if (!this.#rejoining.signal.aborted) return true;
    this.#rejoining = new AbortController();
    this.#pausing = AbortSignal.any([this.#ending.signal, this.#rejoining.signal]);
    return false;
  }

  /** What was begun may end; heartbeats go on, so that the place is not lost meanwhile. */
  async #prepareRejoin(): Promise<void> {
    const prepared = this.#options.beforeRejoin?.();
    if (prepared === undefined) return;
    const ready = new AbortController();
    const timeUp = AbortSignal.timeout(BEFORE_REJOIN_MAX_MS);
    const signal = AbortSignal.any([this.#ending.signal, ready.signal, timeUp]);
    const finished = prepared.finally(() => {
      ready.abort();
    });
    finished.catch(() => undefined); // It is looked at below.
    while (!signal.aborted) {
      await pause(this.#heartbeatMs, signal).catch(() => undefined);
      const heartbeat = this.#ask((broker) => broker.heartbeat(this.#identity));
      // That a rebalance is going on is known.
      await orAbort(signal, heartbeat).catch(() => undefined);
    }
    this.#ending.signal.throwIfAborted();
    await Promise.race([finished, Promise.resolve()]);
  }

  async #afterFailure(error: unknown): Promise<void> {
    if (this.#ending.signal.aborted) return;
    // Anything else is a fault of ours or of the callback, and no reason to join again.
    if (!(
      error instanceof FatalError ||
      error instanceof KafkaResponseError ||
      isTemporary(error)
    )) {
      throw error;
    }
    if (error instanceof FatalError) this.#firstAssignment.reject(error);
    if (isOutdated(error)) this.#memberId = '';
    if (isRebalance(error)) return;
    const isNews = !isTemporary(error) || this.#failures >= QUIET_FAILURES;
    const fields = { err: error, ...this.#identity };
    this.#options.logger?.[isNews ? 'warn' : 'debug'](fields, 'joining the consumer group again');
    const waitMs = backOffMs(BACK_OFF, this.#failures++);
    await pause(waitMs, this.#ending.signal).catch(() => undefined);
  }

  #ask<Answer>(requests: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    return this.#cluster.useCoordinator('group', this.#options.consumerGroup, requests);
  }

  #within<Answer>(maxMs: number, requests: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(maxMs)]);
    return repeat(signal, () => this.#ask(requests));
  }
}

function isRebalance(error: unknown): boolean {
  return error instanceof KafkaResponseError && error.entry.code === REBALANCE_IN_PROGRESS;
}

function isOutdated(error: unknown): boolean {
  return error instanceof KafkaResponseError && OUTDATED.has(error.entry.code);
}
