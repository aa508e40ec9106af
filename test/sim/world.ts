import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { defaultExecutorSettings, type ExecutorSettings } from '../../src/executor/settings.ts';
import { type TopicSpec, topicSpecs } from '../../src/records/topics.ts';
import type { Listening } from './listening.ts';
import type { MemoryBlobStore, Outside } from './outside.ts';
import type { Plant } from './planted-bugs.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { WatchedStarts } from './watched-starts.ts';
import type { Witness } from './witness.ts';

/** What all processes of a history share. */
export interface World {
  readonly clock: VirtualClock;
  readonly log: SqliteLog;
  readonly outside: Outside;
  readonly blobs: MemoryBlobStore;
  /** Stands between a process and its log and topics, where a bug is planted. */
  readonly plant: Plant;
  /** In some histories: what triggers listen to. */
  readonly listening: Listening | undefined;
  readonly watched: WatchedStarts;
  readonly settings: WorldSettings;
  readonly witness: Witness;
  /** A line for the story of the seed. */
  readonly tell: (line: string) => void;
}

/** As an operator may set them, most of them tighter than anybody would. */
export interface WorldSettings {
  readonly executor: ExecutorSettings;
  /** Task runs at a time, of each worker. */
  readonly slots: number;
  readonly startsUnfinishedMax: number;
  readonly topics: readonly TopicSpec[];
  /** How often old records are removed, ms. */
  readonly cleanEveryMs: number;
}

export const PARTITIONS = 3;

/** Longer than a checkpoint and an outage: what is older is not needed. */
const EVENTS_KEPT_MS = 60_000;

/** @param fence whether the log fences former owners. */
export function randomSettings(random: SeededRandom, fence: boolean): WorldSettings {
  const sometimes = <Value>(chance: number, value: Value, otherwise: Value): Value =>
    random.chance(chance) ? value : otherwise;
  const usual = defaultExecutorSettings;
  const checkpointIntervalMs = 300 + random.next() * 5_000;
  const stale = random.chance(0.3);
  const executor = {
    ...usual,
    checkpointIntervalMs,
    checkpointEvents: 20 + random.integer(200),
    liveBytesMax: sometimes(0.2, 10_000 + random.integer(30_000), usual.liveBytesMax),
    reopenMs: sometimes(0.3, 5_000 + random.integer(30_000), usual.reopenMs),
    silenceMs: sometimes(0.3, 5_000 + random.integer(30_000), usual.silenceMs),
    dispatchStaleMs: stale ? 10_000 + random.integer(20_000) : usual.dispatchStaleMs,
  };
  const compactionLagMs = 1_000 + random.integer(20_000);
  const expires = random.chance(0.5);
  return {
    executor,
    // Work that gets stale faster than it is done is handed out for ever.
    slots: (stale ? 3 : 1) + random.integer(4),
    startsUnfinishedMax: sometimes(0.2, 1 + random.integer(5), 1_000),
    cleanEveryMs: 2_000 + random.integer(10_000),
    topics: topicSpecs({ partitions: PARTITIONS, workerGroups: ['default'] }).map((spec) => {
      // Without a fence an owner needs the hour that there is, to see strays among its pages before the
      // pages that they hide are gone.
      if (spec.topic === 'checkpoints' && fence) return { ...spec, compactionLagMs };
      if (spec.topic === 'triggers') return { ...spec, compactionLagMs };
      if (spec.topic === 'events' && expires) return { ...spec, retentionMs: EVENTS_KEPT_MS };
      return spec;
    }),
  };
}
