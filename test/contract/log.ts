/**
 * The contract of `ports/Log` as tests: one list of cases, run over every adapter with the real store behind
 * it. `describeLogContract` registers all of them and a last test that fails when one was missing or did not
 * run; `log-adapters.test.ts` checks that every adapter registers them.
 */
import type { Log, TopicName } from '../../src/ports/log.ts';
import { topicSpecs } from '../../src/records/topics.ts';
import type { TopicSpec } from '../../src/records/topics.ts';
import { type ContractCase, describeContract } from './contract.ts';
import { compactionCases } from './log-cases/compaction.ts';
import { laneCases } from './log-cases/lanes.ts';
import { orderCases } from './log-cases/order.ts';
import { producerCases } from './log-cases/producers.ts';
import { readingCases } from './log-cases/reading.ts';
import { recordCases } from './log-cases/records.ts';
import { subscriptionCases } from './log-cases/subscriptions.ts';
import { backPressureCases } from './log-cases/back-pressure.ts';
import { fencingCases } from './log-cases/fencing.ts';
import { writerCases } from './log-cases/writers.ts';

/** Adapters that keep the contract; each has a test file that calls `describeLogContract` with its name. */
export const logAdapters = ['sqlite-file', 'sqlite-memory', 'kafka'] as const;
export type LogAdapter = (typeof logAdapters)[number];

/** A process with the log open. */
export interface LogProcess {
  readonly log: Log;
  /** Until the returned function is called, nothing that this process sends gets into the topic-partition. */
  stall(topic: TopicName, partition: number): () => void;
  /** Until the returned function is called, what gets into it is not acknowledged to this process. */
  silence(topic: TopicName, partition: number): () => void;
}

/** What a case works with: an empty log with `contractTopics`, its own. */
export interface LogHarness {
  /** Another process on the case's log. `fence: false` makes its writers fence nobody and be fenced by nobody. */
  open(options?: { readonly fence?: boolean }): Promise<LogProcess>;
  /** Compacts what is in the topic-partition now; records that come later may be needed and added by it. */
  compact(topic: TopicName, partition: number): Promise<void>;
  /** Removes all that is in the topic-partition now, as retention does. */
  expire(topic: TopicName, partition: number): Promise<void>;
  /** Closes every process that is still open, and removes the log. */
  close(): Promise<void>;
}

export type LogCase = ContractCase<LogHarness>;

/** Partitions of the topics that have N of them. */
export const contractPartitions = 3;

const used: readonly TopicName[] = ['events', 'checkpoints', 'commands', 'logs', 'control.default'];

/** The topics of the cases; compaction may begin at once. */
export const contractTopics: readonly TopicSpec[] = topicSpecs({
  partitions: contractPartitions,
  workerGroups: ['default'],
})
  .filter(({ topic }) => used.includes(topic))
  .map((spec) => (spec.cleanup === 'compact' ? { ...spec, compactionLagMs: 0 } : spec));

export const logCases: readonly LogCase[] = [
  ...orderCases,
  ...recordCases,
  ...writerCases,
  ...fencingCases,
  ...producerCases,
  ...laneCases,
  ...readingCases,
  ...subscriptionCases,
  ...backPressureCases,
  ...compactionCases,
];

export function describeLogContract(
  adapter: LogAdapter,
  makeHarness: () => Promise<LogHarness>,
): void {
  describeContract(`log contract: ${adapter}`, logCases, makeHarness);
}
