import type { PartitionState } from '../engine/partition-state.ts';
import type { Event } from '../model/events.ts';
import { FatalError } from '../model/errors.ts';
import type { LogRecord } from '../model/log-records.ts';
import type { Log } from '../ports/log.ts';
import type { CheckpointMarker, OwnersHistory, ReadingPlace } from '../records/checkpoints.ts';
import { type AcceptedRecord, ReaderRule } from '../records/reader-rule.ts';
import type { EventPosition } from '../records/position.ts';
import { noHistory, OwnersLog } from './careful.ts';
import type { EventPlace } from './effect-lanes.ts';
import type { LiveShare } from './live-bytes.ts';
import type { Pace } from './pace.ts';

/** An event whose effects may not all be acknowledged. */
export interface Unconfirmed {
  readonly event: Event;
  readonly place: EventPlace;
}

/** What the log told, beside the state that it led to. */
export interface Replayed {
  /** Behind the own `partition.opened`. */
  readonly through: ReadingPlace;
  readonly confirmed: number;
  readonly unconfirmed: readonly Unconfirmed[];
  readonly owners: OwnersHistory;
  readonly events: number;
  readonly ignored: number;
}

export interface ReplayOptions {
  readonly log: Log;
  readonly state: PartitionState;
  readonly live: LiveShare;
  /** Where to begin; see `CheckpointMarker.reading`. */
  readonly from: ReadingPlace;
  /** The own epoch: the offset of the last record to read. */
  readonly epoch: number;
  readonly marker: CheckpointMarker | undefined;
}

/**
 * Reads `events` by the reader rule up to the own `partition.opened` and applies what counts.
 *
 * @throws CheckpointIncomplete when the pages lack an execution that goes on in the events.
 * @throws FatalError `event-unreadable`
 */
export async function replayEvents(
  options: ReplayOptions,
  pace: Pace,
  signal: AbortSignal,
): Promise<Replayed> {
  const { log, state, from, epoch } = options;
  const replay = new Replay(options);
  for await (const records of log.read('events', state.partition, from.offset, epoch + 1, signal)) {
    for (const record of records) {
      replay.read(record);
      if (pace.due()) await pace.breathe();
    }
  }
  return replay.replayed();
}

/** From this length on, confirmed events are taken out of the list whenever it has doubled. */
const TRIM_AT = 1_024;

class Replay {
  readonly #state: PartitionState;
  readonly #live: LiveShare;
  readonly #rule: ReaderRule;
  /** Below it, the marker has told already. */
  readonly #position: number;
  readonly #owners: OwnersLog;
  #confirmed: number;
  #events = 0;
  #unconfirmed: Unconfirmed[] = [];
  #trimAt = TRIM_AT;

  constructor({ state, live, from, marker }: ReplayOptions) {
    this.#state = state;
    this.#live = live;
    this.#rule = new ReaderRule(from);
    this.#position = marker?.position ?? 0;
    this.#owners = new OwnersLog(marker?.owners ?? noHistory);
    this.#confirmed = marker?.confirmed ?? -1;
    if (marker !== undefined) {
      const { nextStart, nextCommand } = marker;
      state.positions = { nextStart, nextCommand };
    }
  }

  read(record: LogRecord): void {
    const accepted = this.#rule.accept(record);
    if (accepted === undefined) return;
    if (record.offset >= this.#position) this.#tellOwners(accepted);
    switch (accepted.kind) {
      case 'partition.opened':
        return;
      case 'unreadable':
        throw unreadable(record.offset, this.#state.partition, accepted.reason);
      case 'event':
        this.#apply(accepted.event, accepted.position, record);
        return;
      default:
        this.#positioned(accepted.position, record);
    }
  }

  replayed(): Replayed {
    return {
      through: this.#rule.place,
      confirmed: this.#confirmed,
      unconfirmed: this.#unconfirmed.filter(({ place }) => place.offset > this.#confirmed),
      owners: this.#owners.history,
      events: this.#events,
      ignored: this.#rule.ignored,
    };
  }

  #apply(event: Event, position: EventPosition, record: LogRecord): void {
    const { offset } = record;
    this.#events += 1;
    this.#positioned(position, record);
    this.#state.applyRecorded(event, offset);
    if (offset >= this.#position) this.#live.event(event, record.value?.length ?? 0);
    if (offset <= this.#confirmed) return;
    const { epoch, batch, index } = position;
    this.#unconfirmed.push({ event, place: { offset, epoch, batch, index } });
    this.#forgetConfirmed();
  }

  /** What every record of an owner says beside its content. */
  #positioned({ nextStart, nextCommand, confirmed }: EventPosition, record: LogRecord): void {
    this.#confirmed = Math.max(this.#confirmed, confirmed);
    if (record.offset < this.#position) return;
    this.#state.positions = { nextStart, nextCommand };
  }

  #tellOwners(accepted: AcceptedRecord): void {
    if (accepted.kind === 'partition.opened') this.#owners.opened();
    else if (accepted.kind === 'input.began') this.#owners.began(accepted.what);
    else this.#owners.progressed();
  }

  /** Keeps the list as short as the owners kept theirs. */
  #forgetConfirmed(): void {
    if (this.#unconfirmed.length < this.#trimAt) return;
    this.#unconfirmed = this.#unconfirmed.filter(({ place }) => place.offset > this.#confirmed);
    this.#trimAt = Math.max(TRIM_AT, this.#unconfirmed.length * 2);
  }
}

function unreadable(offset: number, partition: number, reason: string): FatalError {
  return new FatalError(
    'event-unreadable',
    `event ${offset} of partition ${partition} does not read in this release: ${reason}. ` +
      'It was written by a newer one: start that, or one that reads its records',
  );
}
