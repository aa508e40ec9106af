/** The flow whose executions are started by triggers, and what they are started by. */
import { stringify } from 'yaml';
import type { SeededRandom } from './seeded-random.ts';

export const listensName = 'listens';
export const heardTopic = 'heard';
export const heardTrigger = 'heard';
export const tickTrigger = 'tick';

/** Drawn once: no revision changes a trigger, so that what must start stays the same. */
export interface ListensPlan {
  readonly everyMs: number;
  readonly misses: 'none' | 'last' | 'all';
  readonly topicPartitions: number;
}

export function randomPlan(random: SeededRandom): ListensPlan {
  return {
    everyMs: 1_000 * (2 + random.integer(5)),
    misses: random.pick(['all', 'all', 'last', 'none']),
    topicPartitions: 1 + random.integer(3),
  };
}

/** What a record of the topic says, and what must become of it. */
export type HeardKind = 'starts' | 'filtered' | 'undecodable';

export function valueOf(kind: HeardKind, n: number): string {
  return kind === 'undecodable' ? `{"n": ${n}` : JSON.stringify({ n, listen: kind === 'starts' });
}

/** @param ticks false for the last revision, which has no schedule any more. */
export function listensFlow(plan: ListensPlan, random: SeededRandom, ticks: boolean): string {
  const tick = {
    id: tickTrigger,
    type: 'schedule',
    every: `${plan.everyMs / 1_000}s`,
    misses: plan.misses,
    inputs: { seen: '<< trigger.date >>' },
  };
  const heard = {
    id: heardTrigger,
    type: 'kafka.realtime',
    topic: heardTopic,
    startFrom: 'earliest',
    when: '<< trigger.value.listen >>',
    inputs: { seen: '<< trigger.value.n >>' },
  };
  const task = random.pick<object>([
    { type: 'return', value: '<< inputs.seen >>' },
    { type: 'sim.work', value: '<< inputs.seen >>' },
    { type: 'log', message: 'seen' },
  ]);
  return stringify({
    id: listensName,
    namespace: 'sim',
    inputs: [{ id: 'seen', type: 'json' }],
    triggers: ticks ? [tick, heard] : [heard],
    tasks: [{ id: 't1', ...task }],
  });
}
