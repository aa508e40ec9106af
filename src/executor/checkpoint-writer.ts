/**
 * Writes the checkpoints of one partition while it works.
 *
 * A checkpoint is fuzzy and incremental: a round begins at some acknowledged position, then the pages of
 * everything that was dirty by then are written slice by slice, each at an acknowledgement, when the live
 * state is exactly the acknowledged one. The marker comes last and says: what happened up to `position` is in
 * the pages before me. So a round that is torn by a crash leaves the one before it in force.
 *
 *   idle ──(interval, events, or asked)──▶ pages ──(all of the round taken)──▶ marker ──(acknowledged)──▶ idle
 *
 * After the marker follow the tombstones: of entities whose end lies at or below both its position and its
 * confirmed offset (an older marker or a repeat of effects may still need the others), and of the
 * `checkpoint.opened` of former owners, whose strays no newest page can be any more.
 * An entity with much unsaved state is written at once, in or out of a round.
 *
 * An owner that finds the newest checkpoint overdue takes no input before it has written one: else owners that
 * do not live for long would leave it where it is until the events behind it expire.
 */
import {
  beginRound,
  hasLargeDirty,
  markAllDirty,
  type PageWrite,
  roundTaken,
  takeDirtyPages,
  takeLargePages,
  takeTombstones,
} from '../engine/pages.ts';
import type { PartitionState, Positions } from '../engine/partition-state.ts';
import { limits } from '../model/limits.ts';
import type { OutgoingRecord } from '../model/log-records.ts';
import type { Clock } from '../ports/clock.ts';
import type { AppendOutcome, PartitionWriter } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import {
  type CheckpointMarker,
  encodeCheckpointOpenedRemoval,
  encodePage,
  type OwnersHistory,
  type ReadingPlace,
} from '../records/checkpoints.ts';
import { lossOf } from './partition-lost.ts';
import { PageQueue } from './page-queue.ts';

/** What the partition has come to, all of it acknowledged. */
export interface Progress {
  /** Behind the newest record of `events` that the state includes. */
  readonly through: ReadingPlace;
  readonly positions: Positions;
  readonly owners: OwnersHistory;
}

/** How far effects are acknowledged; true at any time, whatever the state. */
export interface Confirmation {
  readonly confirmed: number;
  readonly reading: ReadingPlace;
}

export interface CheckpointWriterOptions {
  readonly writer: PartitionWriter;
  readonly state: PartitionState;
  readonly epoch: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly intervalMs: number;
  readonly eventsMax: number;
  /** The marker that the owner restored from. */
  readonly restoredFrom: CheckpointMarker | undefined;
  /** How old that is, ms. */
  readonly restoredFromAgeMs: number;
  /** The pages in the log cannot be trusted to be the newest: all are written again. */
  readonly rewrite: boolean;
  /** Pages to be removed before the next marker. */
  readonly strays: readonly string[];
  /** Epochs of former owners whose `checkpoint.opened` is in the log. */
  readonly openedBefore: readonly number[];
  readonly confirmation: () => Confirmation;
  /** Something was written: it may be time for the next slice. */
  readonly onWritten: () => void;
  /** The writer is not the owner any more, or `checkpoints` is not what it was, or a fault of ours. */
  readonly onEnd: (error: unknown) => void;
}

/** A checkpoint older than so many intervals is overdue. */
const OVERDUE_INTERVALS = 2;

interface Round {
  readonly begunAt: Progress;
  phase: 'pages' | 'marker';
}

export class CheckpointWriter {
  readonly #options: CheckpointWriterOptions;
  readonly #queue = new PageQueue();
  #marker: CheckpointMarker | undefined;
  #round: Round | undefined;
  #writing = false;
  #asked: boolean;
  #events = 0;
  #lastAt: number;
  #openedBefore: readonly number[];
  #rewrite: boolean;
  #overdue: boolean;

  constructor(options: CheckpointWriterOptions) {
    this.#options = options;
    this.#marker = options.restoredFrom;
    this.#openedBefore = options.openedBefore;
    const { restoredFrom, restoredFromAgeMs, intervalMs, clock } = options;
    this.#lastAt = clock.monotonic() - restoredFromAgeMs;
    this.#overdue =
      restoredFrom !== undefined && restoredFromAgeMs >= OVERDUE_INTERVALS * intervalMs;
    this.#rewrite = options.rewrite;
    this.#asked = options.rewrite || options.restoredFrom === undefined;
    if (options.rewrite) markAllDirty(options.state);
    this.#queue.push(options.strays.map((key) => encodePage(key, null, options.epoch)));
  }

  /** The newest marker in the log, this owner's or the one before. */
  get marker(): CheckpointMarker | undefined {
    return this.#marker;
  }

  /** The partition takes no input: pages wait for the log, or the newest checkpoint is overdue. */
  get full(): boolean {
    return this.#overdue || this.#queue.bytes >= limits.queuedPageBytes.value;
  }

  /** Nothing is being written and nothing was asked for. */
  get idle(): boolean {
    return !this.#writing && this.#round === undefined && this.#queue.empty && !this.#asked;
  }

  /** A checkpoint at the next acknowledgement, unless nothing has happened since the newest. */
  ask(): void {
    this.#asked = true;
  }

  appended(events: number): void {
    this.#events += events;
  }

  /** To be called when the live state is the acknowledged one, as often as that is so. */
  acknowledged(progress: Progress): void {
    const { state } = this.#options;
    const offset = progress.through.offset - 1;
    if (hasLargeDirty(state)) this.#pushPages(takeLargePages(state, offset));
    if (this.#round === undefined) this.#begin(progress);
    if (this.#round?.phase === 'pages' && this.#queue.empty && !this.#writing) {
      const slice = limits.checkpointSliceBytes.value;
      if (!roundTaken(state)) this.#pushPages(takeDirtyPages(state, offset, slice));
      if (roundTaken(state)) this.#pushMarker(this.#round);
    }
    void this.#write();
  }

  #begin(progress: Progress): void {
    const { clock, intervalMs, eventsMax, state } = this.#options;
    const due =
      this.#asked || this.#events >= eventsMax || clock.monotonic() - this.#lastAt >= intervalMs;
    if (!due) return;
    this.#asked = false;
    this.#lastAt = clock.monotonic();
    if (!this.#changed(progress)) {
      this.#overdue = false;
      return;
    }
    this.#events = 0;
    beginRound(state);
    this.#round = { begunAt: progress, phase: 'pages' };
  }

  #changed({ through }: Progress): boolean {
    const marker = this.#marker;
    const { confirmed } = this.#options.confirmation();
    return (
      marker === undefined ||
      this.#rewrite ||
      through.offset > marker.position ||
      confirmed > marker.confirmed
    );
  }

  #pushPages(writes: readonly PageWrite[]): void {
    const { epoch } = this.#options;
    for (const { pages } of writes) {
      this.#queue.push(pages.map(({ key, value }) => encodePage(key, value, epoch)));
    }
  }

  #pushMarker(round: Round): void {
    round.phase = 'marker';
    const { through, positions, owners } = round.begunAt;
    const { confirmed, reading } = this.#options.confirmation();
    this.#queue.pushMarker({
      n: (this.#marker?.n ?? 0) + 1,
      epoch: this.#options.epoch,
      position: through.offset,
      ...positions,
      confirmed,
      reading: reading.offset < through.offset ? reading : through,
      owners,
    });
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    const batch = this.#queue.take();
    if (batch === undefined) return;
    this.#writing = true;
    const outcome = await this.#options.writer.append('checkpoints', batch.records);
    this.#writing = false;
    try {
      this.#written(outcome, batch.records.length, batch.marker);
    } catch (error) {
      this.#options.onEnd(error);
    }
  }

  #written(outcome: AppendOutcome, records: number, marker: CheckpointMarker | undefined): void {
    const { metrics, logger, onEnd, onWritten } = this.#options;
    switch (outcome.kind) {
      case 'closed':
        return;
      case 'fenced':
      case 'disturbed':
        onEnd(lossOf(outcome));
        return;
      case 'refused':
        logger.error(
          { code: outcome.code },
          `a checkpoint could not be written and is begun again: ${outcome.message}`,
        );
        this.#abandonRound();
        return;
      case 'committed':
        if (marker === undefined) metrics.count('millrace_checkpoint_pages_total', {}, records);
        else this.#marked(marker);
        void this.#write();
        onWritten();
    }
  }

  /** The round's pages may be missing: the next one writes everything. */
  #abandonRound(): void {
    this.#round = undefined;
    this.#overdue = false;
    while (this.#queue.take() !== undefined);
    this.#rewrite = true;
    markAllDirty(this.#options.state);
  }

  #marked(marker: CheckpointMarker): void {
    const { state, epoch, logger } = this.#options;
    this.#marker = marker;
    this.#rewrite = false;
    this.#overdue = false;
    this.#round = undefined;
    const passed = Math.min(marker.position - 1, marker.confirmed);
    this.#pushPages(takeTombstones(state, passed));
    this.#queue.push(this.#openedBefore.map((opened) => removal(opened, epoch)));
    this.#openedBefore = [];
    const { n, position, confirmed } = marker;
    logger.debug({ checkpoint: n, position, confirmed }, 'checkpoint written');
  }
}

function removal(opened: number, epoch: number): OutgoingRecord {
  return encodeCheckpointOpenedRemoval(opened, epoch);
}
