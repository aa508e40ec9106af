import { finishRestoreInSteps } from '../engine/pages.ts';
import { CheckpointIncomplete, PartitionState } from '../engine/partition-state.ts';
import { FatalError } from '../model/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { CheckpointMarker, ReadingPlace } from '../records/checkpoints.ts';
import { beforeAll } from '../records/reader-rule.ts';
import type { LiveBytes, LiveShare } from './live-bytes.ts';
import { executionOfPage, type LoadedCheckpoint, loadCheckpoint } from './load-checkpoint.ts';
import { Pace } from './pace.ts';
import { type Replayed, replayEvents } from './replay-events.ts';
import type { Clock } from '../ports/clock.ts';

export interface RestoreOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly live: LiveBytes;
  readonly partition: number;
  /** The own `partition.opened` and `checkpoint.opened`. */
  readonly epoch: number;
  readonly checkpointsEnd: number;
}

export interface Restored extends Replayed {
  readonly state: PartitionState;
  readonly live: LiveShare;
  /** The marker that the restore began at. */
  readonly marker: CheckpointMarker | undefined;
  /** When it was written, ms; 0 without one. */
  readonly markedAtMs: number;
  /** All pages must be written again. */
  readonly rewrite: boolean;
  /** Pages that stand in the log for executions that have ended: they must be removed. */
  readonly strays: readonly string[];
  readonly openedBefore: readonly number[];
}

const nothingLoaded: LoadedCheckpoint = {
  marker: undefined,
  markedAtMs: 0,
  skipped: 0,
  skippedPages: new Set(),
  openedBefore: [],
  pages: new Map(),
};

/**
 * The state of a partition as of the own `partition.opened`: the pages of its newest checkpoint, then the
 * events behind it. Where the pages turn out to lack something and the log reaches back to its first record,
 * the state is built from the log alone.
 *
 * @throws FatalError `checkpoint-missing`, `checkpoint-incomplete`, `events-expired`, `event-unreadable`
 */
export async function restore(options: RestoreOptions, signal: AbortSignal): Promise<Restored> {
  const { log, clock, logger, partition, epoch, checkpointsEnd } = options;
  const pace = new Pace(clock);
  const { start } = await log.bounds('events', partition, signal);
  const state = new PartitionState(partition, log.partitions);
  const loaded = await loadCheckpoint({ log, partition, state }, checkpointsEnd, pace, signal);
  const from = readFrom(loaded.marker, start, partition, logger);
  try {
    const restored = await replay(options, { state, loaded, from }, pace, signal);
    const unknown = [...loaded.skippedPages].filter((key) => !loaded.pages.has(key));
    return { ...restored, rewrite: loaded.skipped > 0, strays: straysOf(unknown, state) };
  } catch (error) {
    if (!(error instanceof CheckpointIncomplete)) throw error;
    if (start > 0) throw incomplete(partition, error);
    logger.error(
      { partition, epoch, err: error },
      'the checkpoint lacks an execution: the partition is rebuilt from its events',
    );
    const fresh = { state: new PartitionState(partition, log.partitions), from: beforeAll };
    const rebuilt = await replay(options, { ...fresh, loaded: nothingLoaded }, pace, signal);
    const { openedBefore, skippedPages, pages } = loaded;
    const strays = straysOf([...skippedPages, ...pages.keys()], rebuilt.state);
    return { ...rebuilt, openedBefore, rewrite: true, strays };
  }
}

/**
 * A page that is newer in the log than what the state knows of its execution. If the execution is alive, all
 * its pages are written again; if it has ended, nobody would, and the page would bring it back one day.
 */
function straysOf(keys: readonly string[], state: PartitionState): readonly string[] {
  return keys.filter((key) => {
    const execution = executionOfPage(key);
    return execution !== undefined && state.execution(execution) === undefined;
  });
}

/** Where reading begins, if what lies there is still in the log. */
function readFrom(
  marker: CheckpointMarker | undefined,
  start: number,
  partition: number,
  logger: Logger,
): ReadingPlace {
  if (marker === undefined) {
    if (start === 0) return beforeAll;
    throw new FatalError(
      'checkpoint-missing',
      `partition ${partition} has no checkpoint and its events before ${start} are gone: ` +
        'its state cannot be known. Restore the topic `checkpoints` from a backup',
    );
  }
  if (marker.position < start) {
    throw new FatalError(
      'events-expired',
      `the newest checkpoint of partition ${partition} needs events from ${marker.position} on, ` +
        `and those before ${start} are gone: the retention of \`events\` is shorter than the outage. ` +
        'Restore the topic from a backup',
    );
  }
  if (marker.confirmed + 1 < start) {
    logger.error(
      { partition, confirmed: marker.confirmed, start },
      'effects of expired events were never acknowledged and cannot be repeated: dispatches among ' +
        'them are sent again when they are stale, public records may be missing',
    );
  }
  const { reading } = marker;
  return { ...reading, offset: Math.max(reading.offset, start) };
}

async function replay(
  { log, live, epoch }: RestoreOptions,
  { state, loaded, from }: { state: PartitionState; loaded: LoadedCheckpoint; from: ReadingPlace },
  pace: Pace,
  signal: AbortSignal,
): Promise<Omit<Restored, 'rewrite' | 'strays'>> {
  const { marker, markedAtMs, openedBefore, pages } = loaded;
  const share = live.share();
  try {
    const steps = finishRestoreInSteps(state, (marker?.position ?? 0) - 1);
    while (steps.next().done !== true) if (pace.due()) await pace.breathe();
    for (const [key, bytes] of pages) {
      if (pace.due()) await pace.breathe();
      const execution = executionOfPage(key);
      if (execution !== undefined && state.execution(execution) !== undefined) {
        share.page(execution, bytes);
      }
    }
    const options = { log, state, live: share, from, epoch, marker };
    const replayed = await replayEvents(options, pace, signal);
    return { ...replayed, state, live: share, marker, markedAtMs, openedBefore };
  } catch (error) {
    share.close();
    throw error;
  }
}

function incomplete(partition: number, cause: Error): FatalError {
  return new FatalError(
    'checkpoint-incomplete',
    `the checkpoint of partition ${partition} lacks an execution that goes on in its events, which do ` +
      'not reach back far enough to do without: restore the topic `checkpoints` from a backup',
    { cause },
  );
}
