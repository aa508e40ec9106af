/**
 * The contract of `ports/Topics` as tests: one list of cases, run over every adapter with the real store behind it.
 * `topics-adapters.test.ts` checks that every adapter registers them all.
 */
import type { Topics } from '../../src/ports/topics.ts';
import { type ContractCase, describeContract } from './contract.ts';
import { consumerCases } from './topics-cases/consumers.ts';
import { groupCases } from './topics-cases/groups.ts';
import { lookingCases } from './topics-cases/looking.ts';
import { publishCases } from './topics-cases/publishing.ts';
import { startCases } from './topics-cases/starts.ts';

export const topicsAdapters = ['sqlite-file', 'sqlite-memory', 'kafka'] as const;
export type TopicsAdapter = (typeof topicsAdapters)[number];

/** What a case works with: users' topics that nobody else touches. */
export interface TopicsHarness {
  /** Topics as one process has them; several processes see the same topics. */
  open(): Promise<Topics>;
  /** A new topic of a random name. */
  createTopic(partitions: number): Promise<string>;
  /** Removes all that is in the partition now, as retention does. */
  expire(topic: string, partition: number): Promise<void>;
  close(): Promise<void>;
}

export type TopicsCase = ContractCase<TopicsHarness>;

export const topicsCases: readonly TopicsCase[] = [
  ...publishCases,
  ...consumerCases,
  ...startCases,
  ...groupCases,
  ...lookingCases,
];

export function describeTopicsContract(
  adapter: TopicsAdapter,
  makeHarness: () => Promise<TopicsHarness>,
): void {
  describeContract(`topics contract: ${adapter}`, topicsCases, makeHarness);
}
