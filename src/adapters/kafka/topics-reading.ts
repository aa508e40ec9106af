import { type BackOff, backOffMs } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { GroupConsumer } from '../../ports/group-consumer.ts';
import { expiredRange } from '../../ports/topic-positions.ts';
import type { KafkaCluster } from './cluster.ts';
import { isTemporary } from './kafka-errors.ts';
import { type Piece, piecesOf } from './topics-pieces.ts';
import { RawRecordReader, type RawRecord } from './topics-records.ts';
import { pause } from './waiting.ts';
import { errorCode, NO_ERROR } from './wire/error-codes.ts';
import { type FetchedPartition, fetchRequestBy } from './wire/fetch.ts';

export interface TopicsReadingOptions {
  /** Its own, since a Fetch that waits at the broker holds up what is behind it. */
  readonly cluster: KafkaCluster;
  readonly topic: string;
  readonly consumer: () => GroupConsumer;
  /** First and last offset of a partition, plus one. */
  bounds(partition: number): Promise<{ readonly start: number; readonly end: number } | undefined>;
  /** Something is not as it was: the topic may be another one, or none. */
  readonly onTrouble: () => void;
  /** The position lies beyond the end: the log was cut, or the topic is another one of the same name. */
  readonly onBeyondEnd: (partition: number, position: number, end: number) => void;
  readonly logger: Logger | undefined;
}

/** Where a partition is read. A new object each time it is assigned, so that old answers are known. */
interface Place {
  readonly partition: number;
  offset: number;
  isPaused: boolean;
  /** The consumer has records of it. */
  isBusy: boolean;
  /** Its last answers were errors: how many, and whether it waits for the next attempt. */
  failures: number;
  isWaiting: boolean;
  /** Where a checksum did not hold: fetched once more, since the bytes on disk may be whole. */
  suspect: number | undefined;
}

/**
 * How long the broker holds a Fetch when there is nothing, ms. What is assigned or resumed meanwhile waits for as
 * long, so it is shorter while the consumer is busy with other partitions of the leader, and longer when nothing has
 * come for a while: waiting is most of what an idle consumer does.
 */
const FETCH_WAIT_MS = 250;
const IDLE_FETCH_WAIT_MS = 1_000;
const IDLE_AFTER_MS = 2_000;
const BUSY_FETCH_WAIT_MS = 20;
/** How long a loop waits for the consumer before it fetches for the other partitions, ms. */
const CONSUMER_MS = 5;
const BACK_OFF: BackOff = { firstMs: 50, longestMs: 1_000 };
const OFFSET_OUT_OF_RANGE = 1;

/**
 * Reads partitions of one topic for one consumer: a loop for each leader of any of them, with one Fetch in flight that
 * names those which are ready. A partition is ready unless it is paused, its records are with the consumer, or it
 * waits after an error. A loop ends when nothing of its leader is ready; whatever makes a partition ready starts it.
 *
 * Transactions that were rolled back are left out (`read_committed`), and positions come from batch headers, so that
 * neither they nor compaction make it stand still.
 */
export class TopicsReading {
  readonly #options: TopicsReadingOptions;
  readonly #places = new Map<number, Place>();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #ended = new AbortController();
  #isFollowing = false;
  #lastChangeMs = performance.now();
  #turn = 0;

  constructor(options: TopicsReadingOptions) {
    this.#options = options;
  }

  read(partition: number, position: number): void {
    this.#lastChangeMs = performance.now();
    const fresh = { isPaused: false, isBusy: false, failures: 0, isWaiting: false };
    this.#places.set(partition, { partition, offset: position, suspect: undefined, ...fresh });
    this.#follow();
  }

  stop(partition: number): void {
    this.#places.delete(partition);
  }

  pause(partition: number): void {
    const place = this.#places.get(partition);
    if (place !== undefined) place.isPaused = true;
  }

  resume(partition: number): void {
    const place = this.#places.get(partition);
    if (place === undefined) return;
    place.isPaused = false;
    this.#follow();
  }

  async close(): Promise<void> {
    this.#ended.abort(new Error('the consumer is closed'));
    this.#places.clear();
    this.#options.cluster.close();
    await Promise.all(this.#loops.values());
  }

  #follow(): void {
    if (this.#isFollowing || this.#ended.signal.aborted) return;
    this.#isFollowing = true;
    this.#startLoops()
      .catch(() => undefined) // Only the end of the consumer gets here.
      .finally(() => {
        this.#isFollowing = false;
      });
  }

  async #startLoops(): Promise<void> {
    for (;;) {
      const ready = [...this.#places.values()].filter(isReady);
      const leaders = ready.map((place) => this.#leaderOf(place));
      for (const leader of leaders) if (leader !== undefined) this.#startLoop(leader);
      if (!leaders.includes(undefined)) return;
      this.#options.onTrouble();
      await this.#options.cluster.refreshMetadata().catch(() => undefined);
      await pause(BACK_OFF.firstMs, this.#ended.signal);
    }
  }

  #leaderOf({ partition }: Place): number | undefined {
    return this.#options.cluster.leaderOf(this.#options.topic, partition);
  }

  #startLoop(leader: number): void {
    if (this.#loops.has(leader)) return;
    const loop = this.#loop(leader)
      .catch(() => undefined)
      .finally(() => {
        this.#loops.delete(leader);
        // What came while the loop ended, or moved to another leader.
        if ([...this.#places.values()].some(isReady)) setImmediate(() => this.#follow());
      });
    this.#loops.set(leader, loop);
  }

  async #loop(leader: number): Promise<void> {
    const { signal } = this.#ended;
    const { cluster, logger, onTrouble } = this.#options;
    while (!signal.aborted) {
      const led = [...this.#places.values()].filter((place) => this.#leaderOf(place) === leader);
      const ready = this.#rotated(led.filter(isReady));
      if (ready.length === 0) return;
      const isBusy = led.some((place) => place.isBusy || place.isWaiting);
      try {
        const answers = await this.#fetch(leader, ready, isBusy);
        const delivered = Promise.all(answers.map((answer) => this.#take(answer, ready)));
        await Promise.race([delivered, pause(CONSUMER_MS, signal)]);
      } catch (error) {
        if (signal.aborted) return;
        if (!isTemporary(error)) logger?.error({ err: error }, 'Fetch failed');
        onTrouble();
        cluster.refreshSoon();
        await pause(BACK_OFF.firstMs, signal);
      }
    }
  }

  /** Another one first each time: the broker serves them in this order until the answer is full. */
  #rotated(places: readonly Place[]): readonly Place[] {
    this.#turn += 1;
    const first = places.length === 0 ? 0 : this.#turn % places.length;
    return [...places.slice(first), ...places.slice(0, first)];
  }

  #fetch(
    leader: number,
    places: readonly Place[],
    isBusy: boolean,
  ): Promise<readonly FetchedPartition<RawRecord>[]> {
    const { cluster, topic } = this.#options;
    const positions = places.map(({ partition, offset }) => ({ topic, partition, offset }));
    const idle = performance.now() - this.#lastChangeMs > IDLE_AFTER_MS;
    const longMs = idle ? IDLE_FETCH_WAIT_MS : FETCH_WAIT_MS;
    const maxWaitMs = isBusy ? BUSY_FETCH_WAIT_MS : longMs;
    const options = { maxWaitMs, isolation: 'read_committed' } as const;
    return cluster.send(
      leader,
      fetchRequestBy(() => new RawRecordReader(), positions, options),
    );
  }

  async #take(answer: FetchedPartition<RawRecord>, asked: readonly Place[]): Promise<void> {
    const place = asked.find(({ partition }) => partition === answer.partition);
    // Unassigned or paused since.
    if (place === undefined || place.isPaused || !this.#isCurrent(place)) return;
    if (answer.code === OFFSET_OUT_OF_RANGE) await this.#outOfRange(place);
    else if (answer.code !== NO_ERROR) this.#tryLater(place, answer.code);
    else {
      place.failures = 0;
      await this.#deliver(place, piecesOf(answer), answer.highWatermark);
    }
  }

  #isCurrent(place: Place): boolean {
    return this.#places.get(place.partition) === place;
  }

  /** What a pause or a new assignment leaves over is fetched again when it is wanted. */
  async #deliver(place: Place, pieces: readonly Piece[], highWatermark: number): Promise<void> {
    place.isBusy = true;
    if (pieces.some(({ records }) => records.length > 0)) this.#lastChangeMs = performance.now();
    for (const piece of pieces) {
      if (place.isPaused || !this.#isCurrent(place) || this.#isSuspect(place, piece)) break;
      if (piece.nextOffset === place.offset) continue;
      place.offset = piece.nextOffset;
      const { topic } = this.#options;
      const { records, damaged, nextOffset } = piece;
      const batch = { topic, partition: place.partition, nextOffset, highWatermark };
      await this.#options.consumer().deliver({
        ...batch,
        records: records.map((record) => ({ ...record, partition: place.partition })),
        ...(damaged === undefined ? {} : { damaged }),
      });
    }
    place.isBusy = false;
    this.#follow();
  }

  #isSuspect(place: Place, { damaged }: Piece): boolean {
    if (damaged?.kind !== 'checksum' || place.suspect === damaged.firstOffset) return false;
    place.suspect = damaged.firstOffset;
    place.offset = damaged.firstOffset;
    return true;
  }

  /** Holds back this partition alone; a leader that has moved is found by then. */
  #tryLater(place: Place, code: number): void {
    const { name, isStaleMetadata, action } = errorCode(code);
    if (isStaleMetadata) this.#options.cluster.refreshSoon();
    this.#options.onTrouble();
    place.failures += 1;
    if (place.failures === 1 && action !== 'retry-same-bytes') {
      const fields = { topic: this.#options.topic, partition: place.partition, code };
      this.#options.logger?.error(fields, `Fetch is answered with ${name}; trying again`);
    }
    this.#wait(place, backOffMs(BACK_OFF, place.failures - 1));
  }

  #wait(place: Place, waitMs: number): void {
    place.isWaiting = true;
    const again = (): void => {
      place.isWaiting = false;
      this.#follow();
    };
    pause(waitMs, this.#ended.signal).then(again, () => undefined);
  }

  async #outOfRange(place: Place): Promise<void> {
    this.#options.onTrouble();
    place.isBusy = true;
    const bounds = await this.#options.bounds(place.partition).catch(() => undefined);
    place.isBusy = false;
    if (!this.#isCurrent(place)) return;
    if (bounds !== undefined && place.offset < bounds.start) {
      await this.#deliver(place, [expired(place.offset, bounds.start)], bounds.end);
      return;
    }
    if (bounds !== undefined && place.offset > bounds.end) {
      this.#options.onBeyondEnd(place.partition, place.offset, bounds.end);
    }
    // A leader that has just begun may not know yet how far its partition reaches.
    this.#wait(place, BACK_OFF.longestMs);
  }
}

function isReady({ isPaused, isBusy, isWaiting }: Place): boolean {
  return !isPaused && !isBusy && !isWaiting;
}

function expired(from: number, start: number): Piece {
  return { records: [], damaged: expiredRange(from, start), nextOffset: start };
}
