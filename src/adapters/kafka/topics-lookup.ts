/**
 * Questions to a cluster about users' topics: what there is, how far it reaches, what consumer groups have committed.
 * Each is asked again while its failure is temporary, but not for longer than the caller waits: brokers that are away
 * are an error here, not a reason to stand still as for our own topics.
 */
import { FatalError, RejectedError, RetryableError, TerminalError } from '../../model/errors.ts';
import type { TopicDescription } from '../../ports/topics.ts';
import { nearest } from '../../support/nearest.ts';
import type { KafkaCluster } from './cluster.ts';
import { errorOfCode } from './kafka-errors.ts';
import {
  type IdentifiedTopic,
  topicsMetadataRequest,
  type TopicsMetadata,
} from './topics-metadata.ts';
import { repeat } from './waiting.ts';
import { errorCode, NO_ERROR, UNKNOWN_TOPIC_OR_PARTITION } from './wire/error-codes.ts';
import { listOffsetsRequest, type OffsetPlace } from './wire/list-offsets.ts';

export interface TopicsLookupOptions {
  readonly cluster: KafkaCluster;
  /** Where a person finds the connection's settings: `kafka` or `kafka.connections.<name>`. */
  readonly settings: string;
  readonly brokers: readonly string[];
  /** False: as if the brokers had no topic ids (before Kafka 2.8). */
  readonly useIds: boolean;
  /** Aborts when the connection is closed. */
  readonly ended: AbortSignal;
}

/** How long a question may take, ms. */
const QUESTION_MS = 10_000;
const INVALID_TOPIC = 17;

export class TopicsLookup {
  readonly #options: TopicsLookupOptions;

  constructor(options: TopicsLookupOptions) {
    this.#options = options;
  }

  /**
   * The work, repeated until it succeeds, with errors as the port has them.
   *
   * @throws RetryableError `topics-unavailable` after ten seconds; TerminalError `topics-not-authorized` and
   * `topics-refused` for what a person has to mend.
   */
  async within<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const timeUp = AbortSignal.timeout(QUESTION_MS);
    const { ended, brokers, settings } = this.#options;
    const until = AbortSignal.any(signal === undefined ? [timeUp, ended] : [timeUp, ended, signal]);
    let last: unknown;
    try {
      return await repeat(until, async () => {
        try {
          return await work();
        } catch (error) {
          last = error;
          throw error;
        }
      });
    } catch (error) {
      if (!until.aborted || !timeUp.aborted || error !== timeUp.reason) throw this.portError(error);
      if (last instanceof Error && !(last instanceof RetryableError)) throw this.portError(last);
      const why = last instanceof Error ? last.message : 'no answer';
      throw new RetryableError(
        'topics-unavailable',
        `${brokers.join(', ')}: not within ${QUESTION_MS / 1_000} s (${why}). Start the brokers, or correct ${settings}.`,
        { cause: last },
      );
    }
  }

  /** What a person must change about the connection is not fatal for the process. */
  portError(error: unknown): unknown {
    if (!(error instanceof FatalError)) return error;
    const { settings } = this.#options;
    const code = /AUTHORIZATION|authentication/i.test(`${error.code} ${error.message}`)
      ? 'topics-not-authorized'
      : 'topics-refused';
    const named = error.message.replaceAll(/\bkafka\.(ssl|sasl|brokers)\b/g, `${settings}.$1`);
    const hint =
      error.code === 'kafka-configuration' ? `; check the rights of the user of ${settings}` : '';
    return new TerminalError(code, named + hint, { cause: error });
  }

  metadata(topics: readonly string[] | undefined, signal?: AbortSignal): Promise<TopicsMetadata> {
    const { cluster, useIds } = this.#options;
    return this.within(async () => {
      if (cluster.brokerCount === 0) await cluster.refreshMetadata();
      return cluster.sendToAny((versions) => topicsMetadataRequest(versions, topics, useIds));
    }, signal);
  }

  /** The topic, or undefined when there is none. */
  async find(
    topic: string,
    signal?: AbortSignal,
  ): Promise<(IdentifiedTopic & { readonly clusterId: string }) | undefined> {
    const { clusterId, topics } = await this.metadata([topic], signal);
    const [found] = topics;
    const code = found?.code ?? UNKNOWN_TOPIC_OR_PARTITION;
    if (code === UNKNOWN_TOPIC_OR_PARTITION || code === INVALID_TOPIC) return undefined;
    if (errorCode(code).action === 'configuration') {
      throw this.portError(errorOfCode(code, `topic ${topic}`));
    }
    return found && { ...found, clusterId };
  }

  /** Why a topic cannot be used, with the nearest name of those that can be seen. */
  async unknown(topic: string): Promise<string> {
    const all = await this.metadata(undefined).catch(() => undefined);
    const names =
      all?.topics.filter(({ code }) => code === NO_ERROR).map((each) => each.topic) ?? [];
    const meant = nearest(topic, names);
    const hint = meant === undefined ? 'Create it, or correct its name.' : `Did you mean ${meant}?`;
    return `There is no topic ${topic} at ${this.#options.brokers.join(', ')}. ${hint}`;
  }

  /** @throws RejectedError `topic-unknown`. */
  async known(topic: string): Promise<IdentifiedTopic & { readonly clusterId: string }> {
    const found = await this.find(topic);
    if (found === undefined) throw new RejectedError('topic-unknown', await this.unknown(topic));
    return found;
  }

  async description(found: IdentifiedTopic, signal?: AbortSignal): Promise<TopicDescription> {
    const [starts, ends] = await Promise.all([
      this.offsets(found, 'earliest', undefined, signal),
      this.offsets(found, 'latest', undefined, signal),
    ]);
    const partitions = found.partitions
      .map(({ partition }) => {
        return { partition, start: starts.get(partition) ?? 0, end: ends.get(partition) ?? 0 };
      })
      .toSorted((left, right) => left.partition - right.partition);
    return { topic: found.topic, topicId: found.topicId, partitions };
  }

  /** Offsets of partitions (default: all) at a place; at a time after the last record: the end. */
  async offsets(
    { topic, partitions }: IdentifiedTopic,
    place: OffsetPlace,
    only?: readonly number[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<number, number>> {
    const wanted = partitions
      .map(({ partition }) => partition)
      .filter((partition) => only?.includes(partition) ?? true);
    const offsets = await this.#ask(topic, wanted, place, signal);
    const late = wanted.filter((partition) => offsets.get(partition) === -1);
    if (late.length === 0) return offsets;
    return new Map([...offsets, ...(await this.#ask(topic, late, 'latest', signal))]);
  }

  /** Leaders are looked up anew in each attempt: they may be what has changed. */
  #ask(
    topic: string,
    partitions: readonly number[],
    place: OffsetPlace,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<number, number>> {
    const { cluster, useIds } = this.#options;
    return this.within(async () => {
      const { topics } = await cluster.sendToAny((versions) =>
        topicsMetadataRequest(versions, [topic], useIds),
      );
      const leaders = new Map(
        topics.flatMap((each) => each.partitions.map((at) => [at.partition, at.leader] as const)),
      );
      const byLeader = Map.groupBy(partitions, (partition) => leaders.get(partition) ?? -1);
      if (byLeader.has(-1)) throw new RetryableError('kafka-unreachable', `${topic} has no leader`);
      const answers = await Promise.all(
        [...byLeader].map(([leader, led]) => {
          const request = led.map((partition) => ({ topic, partition }));
          return cluster.send(leader, listOffsetsRequest(request, place, 'read_committed'));
        }),
      );
      const failed = answers.flat().find(({ code }) => code !== NO_ERROR);
      if (failed !== undefined) throw errorOfCode(failed.code, `${topic}/${failed.partition}`);
      return new Map(answers.flat().map(({ partition, offset }) => [partition, offset]));
    }, signal);
  }
}
