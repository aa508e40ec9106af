/**
 * Every topic of the product with the settings it is created with; adapters create what is missing, `doctor`
 * compares what is there. Names are without the configured prefix.
 */
import { limits } from '../model/limits.ts';
import type { TopicName } from '../model/log-records.ts';
import { controlTopic } from './control.ts';
import { tasksTopic } from './dispatches.ts';

export interface TopicSpec {
  readonly topic: TopicName;
  readonly partitions: number;
  readonly cleanup: 'delete' | 'compact';
  /** What it is created with; compacted topics keep the newest record of each key without end. */
  readonly retentionMs: Retention;
  /**
   * Where a shorter retention breaks a promise (a restore, a late worker, a revision), the shortest that
   * keeps it; undefined where it is the user's choice.
   */
  readonly retentionMsMin?: Retention;
  /** The broker stamps records: our only clock, and retention does not depend on a sender's. */
  readonly timestamps: 'LogAppendTime';
  /** How long every record stays before compaction may remove it, ms; for compacted topics. */
  readonly compactionLagMs?: number;
  readonly recordBytesMax: number;
  /** One line for people. */
  readonly content: string;
}

export type Retention = number | 'unlimited';

export interface TopicOptions {
  /** N = M = T, `kafka.partitions`. Fixed at creation. */
  readonly partitions: number;
  /** Worker groups that have a queue of their own. */
  readonly workerGroups: readonly string[];
}

/** All topics, in the order they are created. */
export function topicSpecs({ partitions, workerGroups }: TopicOptions): readonly TopicSpec[] {
  return [
    kept('starts', partitions, WEEK_MS, 'The public door: starts of executions.'),
    kept('commands', partitions, WEEK_MS, 'What is asked of executions: results, kills.'),
    kept('events', partitions, WEEK_MS, 'Everything that happened.'),
    free('executions', partitions, WEEK_MS, 'The public record of executions, as CloudEvents.'),
    compacted('checkpoints', partitions, 'State of live executions.'),
    kept('workers', 1, DAY_MS, 'Heartbeats of workers.'),
    kept('flows', 1, 'unlimited', 'The source of every revision of every flow.'),
    compacted('triggers', partitions, 'State of triggers.'),
    free('decisions', partitions, WEEK_MS, 'Why something did not start an execution.'),
    free('logs', partitions, WEEK_MS, 'Lines of the logs of tasks.'),
    free('dlq', partitions, 30 * DAY_MS, 'What could not be processed.'),
    ...workerGroups.flatMap((group) => [
      kept(tasksTopic(group), partitions, WEEK_MS, `Task runs for the worker group ${group}.`),
      kept(controlTopic(group), 1, HOUR_MS, `Cancels for the worker group ${group}.`),
    ]),
  ];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

const common = {
  timestamps: 'LogAppendTime',
  // A batch is cut at `limits.batchBytes`; headers, keys and framing need room beside it.
  recordBytesMax: limits.batchBytes.value + 124 * 1_024,
} as const;

/** A topic whose retention must not be shortened. */
function kept(
  topic: TopicName,
  partitions: number,
  retention: Retention,
  content: string,
): TopicSpec {
  const retentionMs = { retentionMs: retention, retentionMsMin: retention };
  return { topic, partitions, cleanup: 'delete', ...retentionMs, ...common, content };
}

/** A topic whose retention is the user's choice. */
function free(
  topic: TopicName,
  partitions: number,
  retentionMs: number,
  content: string,
): TopicSpec {
  return { topic, partitions, cleanup: 'delete', retentionMs, ...common, content };
}

function compacted(topic: TopicName, partitions: number, content: string): TopicSpec {
  return {
    topic,
    partitions,
    cleanup: 'compact',
    retentionMs: 'unlimited',
    compactionLagMs: HOUR_MS,
    ...common,
    content,
  };
}
