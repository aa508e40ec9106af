import { FatalError, RejectedError, RetryableError } from '../../model/errors.ts';
import type { LogFields } from '../../ports/logger.ts';
import { BrokerLink, type HostAndPort, type KafkaConnectionOptions } from './broker-link.ts';
import { asPortError, errorOfCode, isTemporary } from './kafka-errors.ts';
import type { ApiVersions, Broker } from './kafkajs-internals.ts';
import { orAbort, repeat } from './waiting.ts';
import { errorCode, NO_ERROR } from './wire/error-codes.ts';
import { metadataRequest, type ClusterMetadata, type TopicMetadata } from './wire/metadata.ts';
import type { ApiRequest } from './wire/request.ts';

/** Coordinators are found by the consumer group's name, or by the transactional id. */
export type CoordinatorKind = 'group' | 'transaction';

interface WatchedTopic {
  /** 0, or why there is nothing (error-codes.ts). */
  readonly code: number;
  /** Node id by partition, of partitions that have a leader. */
  readonly leaders: ReadonlyMap<number, number>;
}

/** Leaders move rarely and errors tell it; this is for what no error tells (a new broker), ms. */
const METADATA_AGE_MAX_MS = 60_000;
/**
 * An answer takes a millisecond; a broker that hangs must not keep the others' news from us, ms.
 */
const METADATA_ANSWER_MS = 3_000;
const COORDINATOR_TYPES: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 };

/**
 * The brokers of one Kafka cluster as one client sees them: links to each, who leads which
 * partition, who coordinates which group. kafkajs carries the connections, TLS and SASL; its own
 * Cluster is not used, because it throws a metadata answer away at the first partition that has no
 * leader, and with it the way to all others.
 *
 * Life: `connect` asks the configured brokers for the others and comes back once one has answered.
 * From then on metadata is asked for again when somebody says that it is stale (`refreshMetadata`,
 * shared by all who ask at the same time) or when it is old. Links open by themselves and stay
 * until metadata no longer names their broker.
 *
 * A broker answers the requests of a connection strictly in order, and a link has one for Fetch and
 * one for the rest. What may wait long at the broker (a JoinGroup) or moves much data (a restore)
 * therefore gets a cluster object of its own.
 */
export class KafkaCluster {
  readonly #options: KafkaConnectionOptions;
  readonly #links = new Map<number, BrokerLink>();
  readonly #watched = new Set<string>();
  /** What the last metadata said about the topics watched. */
  readonly #topics = new Map<string, WatchedTopic>();
  readonly #coordinators = new Map<string, number>();
  #controllerId = -1;
  #refreshing: Promise<void> | undefined;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;
  /** Whether the last attempt found no broker: said once, and once when it is over. */
  #isAway = false;
  #isClosed = false;

  constructor(options: KafkaConnectionOptions) {
    this.#options = options;
  }

  /**
   * Waits until a broker has answered.
   * @throws FatalError when authentication, TLS, rights or the broker's version rule it out; the
   *   signal's reason when it aborts first.
   */
  async connect(signal: AbortSignal): Promise<void> {
    await repeat(signal, () => this.refreshMetadata());
  }

  /** Brokers that were there when metadata was last asked for. */
  get brokerCount(): number {
    return this.#links.size;
  }

  /** Ends all connections; what is in flight fails. */
  close(): void {
    this.#isClosed = true;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  /**
   * Keeps the leaders of these topics known, also of those that do not exist yet; comes back once a
   * broker has answered about all of them.
   * @throws FatalError when rights are missing to see one of them
   */
  async watch(topics: readonly string[], signal: AbortSignal): Promise<void> {
    for (const topic of topics) this.#watched.add(topic);
    while (!topics.every((topic) => this.#topics.has(topic))) {
      // The first may join a refresh that was asked without them.
      await repeat(signal, () => this.refreshMetadata());
    }
    for (const topic of topics) {
      const code = this.#topics.get(topic)?.code ?? NO_ERROR;
      if (errorCode(code).action === 'configuration') throw errorOfCode(code, `topic ${topic}`);
    }
  }

  /** The node that leads the partition, undefined while none is known. */
  leaderOf(topic: string, partition: number): number | undefined {
    if (performance.now() - this.#refreshedAtMs > METADATA_AGE_MAX_MS) this.refreshSoon();
    return this.#topics.get(topic)?.leaders.get(partition);
  }

  /** Asks for metadata, or joins those who already wait for it. */
  refreshMetadata(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** The same without waiting; whoever needs the result looks at it later. */
  refreshSoon(): void {
    this.refreshMetadata().catch(() => undefined);
  }

  /** Metadata of topics as it is now, whether they are watched or not. */
  async describe(topics: readonly string[]): Promise<readonly TopicMetadata[]> {
    const metadata = await this.#ask(topics);
    return metadata.topics;
  }

  /** Sends one of our requests to a node. Errors: see {@link BrokerLink.send}. */
  async send<Answer>(nodeId: number, request: ApiRequest<Answer>): Promise<Answer> {
    return this.#link(nodeId).send(request);
  }

  /** Sends a request to some broker, made for the versions that it speaks. */
  async sendToAny<Answer>(make: (versions: ApiVersions) => ApiRequest<Answer>): Promise<Answer> {
    return this.#anyLink().sendFor(make);
  }

  /** Runs requests of kafkajs on the broker that takes those for the whole cluster. */
  async useController<Answer>(requests: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    try {
      return await this.#link(this.#controllerId).use(requests);
    } catch (error) {
      // It may be another broker by now.
      this.refreshSoon();
      throw error;
    }
  }

  /**
   * Runs requests of kafkajs on the coordinator. Where it is, is kept until a request fails: any
   * failure may mean that it is elsewhere by now.
   */
  async useCoordinator<Answer>(
    kind: CoordinatorKind,
    name: string,
    requests: (broker: Broker) => Promise<Answer>,
  ): Promise<Answer> {
    const key = `${kind}/${name}`;
    try {
      const nodeId = this.#coordinators.get(key) ?? (await this.#findCoordinator(kind, name));
      this.#coordinators.set(key, nodeId);
      return await this.#link(nodeId).use(requests);
    } catch (error) {
      this.#coordinators.delete(key);
      throw error;
    }
  }

  /** Fails what is in flight at once, to all brokers; links stay usable. */
  abandonConnections(): void {
    for (const link of this.#links.values()) link.abandon();
  }

  /** The same to one of them. */
  abandonConnection(nodeId: number): void {
    this.#links.get(nodeId)?.abandon();
  }

  async #findCoordinator(kind: CoordinatorKind, name: string): Promise<number> {
    const query = { groupId: name, coordinatorType: COORDINATOR_TYPES[kind] };
    const { coordinator } = await this.#anyLink().use((broker) =>
      broker.findGroupCoordinator(query),
    );
    if (!this.#links.has(coordinator.nodeId)) await this.refreshMetadata();
    return coordinator.nodeId;
  }

  async #refresh(): Promise<void> {
    this.#refreshedAtMs = performance.now();
    try {
      const { topics } = await this.#ask([...this.#watched]);
      for (const topic of topics) {
        this.#topics.set(topic.topic, { code: topic.code, leaders: leadersOf(topic) });
      }
      this.#say(false, {}, 'Kafka answers again');
    } catch (error) {
      const isNews = isTemporary(error) || this.#controllerId >= 0;
      if (isNews) this.#say(true, { err: error }, 'Kafka does not answer; trying again');
      throw error;
    }
  }

  #say(isAway: boolean, fields: LogFields, message: string): void {
    if (this.#isAway === isAway || this.#isClosed) return;
    this.#isAway = isAway;
    this.#options.logger?.[isAway ? 'warn' : 'info'](fields, message);
  }

  /**
   * Asks brokers one after the other: those with a connection, the other known ones, the configured
   * ones.
   */
  async #ask(topics: readonly string[]): Promise<ClusterMetadata> {
    if (this.#isClosed) throw new RejectedError('kafka-closed', 'disconnected from Kafka');
    const errors: Error[] = [];
    for (const link of this.#candidates()) {
      try {
        const metadata = await askWithin(METADATA_ANSWER_MS, link, topics);
        this.#updateLinks(metadata, link);
        return metadata;
      } catch (error) {
        this.#closeIfSeed(link);
        errors.push(asPortError(error, link.name));
      }
    }
    // What a person has to mend is only in the way when no other broker answers.
    throw errors.find((error) => !isTemporary(error)) ?? this.#noAnswer(errors.at(-1));
  }

  #noAnswer(cause: Error | undefined): RetryableError {
    const why = cause?.message ?? 'none is configured';
    // A listener of another security protocol ends connections without a word.
    const isNew = this.#controllerId < 0;
    const hint = isNew ? '; check kafka.brokers, and kafka.ssl and kafka.sasl' : '';
    const message = `no broker answers (${why})${hint}`;
    return new RetryableError('kafka-unreachable', message, { cause });
  }

  *#candidates(): Iterable<BrokerLink> {
    const links = shuffled([...this.#links.values()]);
    yield* links.filter((link) => link.isConnected);
    yield* links.filter((link) => !link.isConnected);
    for (const broker of shuffled(this.#options.brokers)) {
      yield new BrokerLink(hostAndPort(broker), null, this.#options);
    }
  }

  #updateLinks({ brokers, controllerId }: ClusterMetadata, answering: BrokerLink): void {
    if (this.#isClosed) {
      answering.close();
      return;
    }
    this.#controllerId = controllerId;
    for (const [nodeId, link] of this.#links) {
      const now = brokers.find((broker) => broker.nodeId === nodeId);
      // A restarted broker that knows no other yet names none; its answer says nothing about them.
      if (brokers.length === 0 || (now !== undefined && isSame(now, link.address))) continue;
      link.close();
      this.#links.delete(nodeId);
    }
    for (const { nodeId, host, port } of brokers) {
      if (this.#links.has(nodeId)) continue;
      const isAnswering = isSame(answering.address, { host, port });
      const link = isAnswering ? answering : new BrokerLink({ host, port }, nodeId, this.#options);
      this.#links.set(nodeId, link);
    }
    this.#closeIfSeed(answering);
  }

  #closeIfSeed(link: BrokerLink): void {
    if (![...this.#links.values()].includes(link)) link.close();
  }

  #link(nodeId: number): BrokerLink {
    const link = this.#links.get(nodeId);
    if (link !== undefined) return link;
    this.refreshSoon();
    throw new RetryableError('kafka-unreachable', `broker ${nodeId} is not known (yet)`);
  }

  #anyLink(): BrokerLink {
    const links = shuffled([...this.#links.values()]);
    const link = links.find(({ isConnected }) => isConnected) ?? links[0];
    if (link !== undefined) return link;
    this.refreshSoon();
    throw new RetryableError('kafka-unreachable', 'no broker is known (yet)');
  }
}

async function askWithin(
  answerMs: number,
  link: BrokerLink,
  topics: readonly string[],
): Promise<ClusterMetadata> {
  const timeout = AbortSignal.timeout(answerMs);
  try {
    return await orAbort(timeout, link.send(metadataRequest(topics)));
  } catch (error) {
    if (!timeout.aborted) throw error;
    link.abandon();
    const message = `${link.name}: no metadata within ${answerMs} ms`;
    throw new RetryableError('kafka-unreachable', message, { cause: error });
  }
}

function leadersOf(topic: TopicMetadata): ReadonlyMap<number, number> {
  const led = topic.partitions.filter(({ leader }) => leader >= 0);
  return new Map(led.map(({ partition, leader }) => [partition, leader]));
}

/** `host:port`, the host also as `[::1]`. */
export function hostAndPort(broker: string): HostAndPort {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, '$1');
  const port = Number(broker.slice(colon + 1));
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new FatalError('kafka-brokers', `"${broker}" in kafka.brokers is not host:port`);
  }
  return { host, port };
}

function isSame(left: HostAndPort, right: HostAndPort): boolean {
  return left.host === right.host && left.port === right.port;
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((left, right) => left.order - right.order)
    .map(({ item }) => item);
}
