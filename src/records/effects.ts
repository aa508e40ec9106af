import type { Effect } from '../model/effects.ts';
import { partitionOf } from '../model/ids.ts';
import type { OutgoingRecord, TopicName } from '../model/log-records.ts';
import type { SourcePosition } from '../model/starts.ts';
import { assert } from '../support/assert.ts';
import { never } from '../support/never.ts';
import { encodeCommand } from './commands.ts';
import { controlTopic, encodeCancel } from './control.ts';
import { decisionKey, encodeDecision } from './decisions.ts';
import { encodeDispatch, tasksTopic } from './dispatches.ts';
import { deadLetterKey, encodeDeadLetter } from './dlq.ts';
import { encodePublicRecord } from './executions.ts';
import { encodeLogLine } from './logs.ts';

/** Where the effect's event lies: `index` counts the effects of one event. */
export interface EffectPlace {
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
  /** N, the partitions of every topic that is not fixed to one. */
  readonly partitions: number;
}

/** An effect as a record to send. `balance`: to the partition with the least outstanding of the sender's own. */
export interface EffectRecord {
  readonly topic: TopicName;
  readonly partition: number | 'balance';
  readonly record: OutgoingRecord;
}

/** Pure: the same effect at the same place is the same record, so that a repeat is known as one. */
export function recordOf(effect: Effect, place: EffectPlace): EffectRecord {
  const { partition, partitions } = place;
  switch (effect.kind) {
    case 'dispatch': {
      const topic = tasksTopic(effect.dispatch.workerGroup);
      return { topic, partition: 'balance', record: encodeDispatch(effect.dispatch) };
    }
    case 'cancel':
      return {
        topic: controlTopic(effect.workerGroup),
        partition: 0,
        record: encodeCancel(effect.cancel),
      };
    case 'public':
      return { topic: 'executions', partition, record: encodePublicRecord(effect.record) };
    case 'log': {
      const line = { ...effect.line, dispatch: 0, number: sequenceOf(place) };
      return { topic: 'logs', partition, record: encodeLogLine(line) };
    }
    case 'command':
      return {
        topic: 'commands',
        partition: partitionOf(effect.entity, partitions),
        record: {
          ...encodeCommand({ ...effect.command, source: effectSource(place) }),
          key: effect.entity,
        },
      };
    case 'dead-letter':
      return {
        topic: 'dlq',
        partition: partitionOf(deadLetterKey(effect.letter), partitions),
        record: encodeDeadLetter(effect.letter),
      };
    case 'decision':
      return {
        topic: 'decisions',
        partition: partitionOf(decisionKey(effect.decision), partitions),
        record: encodeDecision(effect.decision),
      };
    default:
      return never(effect);
  }
}

/** Room for the effects of one event in a source's sequence. */
const EFFECTS_PER_EVENT = 1_024;

/** A partition of `events` as a source: its numbers rise with (event offset, effect index). */
function effectSource(place: EffectPlace): SourcePosition {
  return { id: `events/${place.partition}`, sequence: sequenceOf(place) };
}

function sequenceOf({ offset, index }: EffectPlace): number {
  assert(index < EFFECTS_PER_EVENT, 'an event has fewer than 1,024 effects');
  return offset * EFFECTS_PER_EVENT + index;
}

/** The offset of the event that a line of an executor-run task belongs to. */
export function eventOffsetOf(lineNumber: number): number {
  return Math.floor(lineNumber / EFFECTS_PER_EVENT);
}
