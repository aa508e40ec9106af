/**
 * Sends what must be done outside because of the events of one partition, and knows up to where all of it
 * has been acknowledged (`confirmed`, an offset in `events[p]`).
 *
 * Effects are given here only when their event is acknowledged. They go out in log order on the lane of their
 * target topic-partition; a lane that is held up holds nothing but itself and `confirmed`, which stays before
 * the oldest event with an unacknowledged effect. What the log refuses for good becomes an input: the effect
 * stays unacknowledged until that input has been committed, since only then is its outcome in the log.
 * Closing forgets everything at once: the next owner repeats what is still wanted.
 */
import { effectsOf, stillWanted } from '../engine/effects.ts';
import type { EffectRefusedInput } from '../engine/input.ts';
import type { PartitionState } from '../engine/partition-state.ts';
import type { Effect } from '../model/effects.ts';
import type { Event } from '../model/events.ts';
import { limits } from '../model/limits.ts';
import type { LogProducer, SendOutcome } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ReadingPlace } from '../records/checkpoints.ts';
import { type EffectRecord, recordOf } from '../records/effects.ts';
import { assert } from '../support/assert.ts';
import type { DispatchShare } from './dispatch-balance.ts';

/** Where an event lies; unlike in a {@link ReadingPlace}, `offset` is its own. */
export interface EventPlace {
  readonly offset: number;
  readonly epoch: number;
  readonly batch: number;
  readonly index: number;
}

/** An event with effects on their way. */
interface Pending {
  readonly place: EventPlace;
  readonly timeMs: number;
  left: number;
}

export interface EffectLanesOptions {
  readonly partition: number;
  readonly partitions: number;
  readonly producer: LogProducer;
  readonly share: DispatchShare;
  readonly metrics: Metrics;
  /** The newest record that is known to be in the log. */
  readonly through: ReadingPlace;
  readonly onRefused: (input: EffectRefusedInput) => void;
  /** There is room again after the limit, or nothing is on its way any more. */
  readonly onSettled: () => void;
}

export class EffectLanes {
  readonly #options: EffectLanesOptions;
  /** In the order of offsets; those before `#first` are done with. */
  #pending: Pending[] = [];
  #first = 0;
  readonly #refused = new Map<string, { readonly pending: Pending; readonly bytes: number }>();
  #through: ReadingPlace;
  #records = 0;
  #bytes = 0;
  #closed = false;

  constructor(options: EffectLanesOptions) {
    this.#options = options;
    this.#through = options.through;
  }

  /** Offset up to which every effect is acknowledged, or not wanted any more. */
  get confirmed(): number {
    return (this.#oldest?.place.offset ?? this.#through.offset) - 1;
  }

  /** Where a reader begins that must see every event above `confirmed`. */
  get reading(): ReadingPlace {
    const oldest = this.#oldest;
    if (oldest === undefined) return this.#through;
    return { ...oldest.place, index: oldest.place.index - 1 };
  }

  /** At the limit the partition takes no input. */
  get full(): boolean {
    return (
      this.#records >= limits.unacknowledgedEffects.value ||
      this.#bytes >= limits.unacknowledgedEffectBytes.value
    );
  }

  get unacknowledged(): number {
    return this.#records;
  }

  /** Sends the effects of an event that is in the log. Events come in the order of their offsets. */
  send(event: Event, place: EventPlace): void {
    const effects = effectsOf(event);
    if (effects.length === 0) return;
    const pending = this.#open(place, event.time, effects.length);
    for (const [index, effect] of effects.entries()) {
      this.#count(effect);
      this.#send(effect, index, pending);
    }
  }

  /** After a take-over: sends again what is still wanted. The indexes stay those of the first time. */
  repeat(event: Event, place: EventPlace, state: PartitionState): number {
    const effects = effectsOf(event).map((effect, index) => ({ effect, index }));
    const wanted = effects.filter(({ effect }) => stillWanted(effect, state));
    if (wanted.length === 0) return 0;
    const pending = this.#open(place, event.time, wanted.length);
    for (const { effect, index } of wanted) this.#send(effect, index, pending);
    return wanted.length;
  }

  /** Every event up to here is in the log and was given to `send`. */
  reached(through: ReadingPlace): void {
    this.#through = through;
  }

  /** The input that a refusal led to is committed. */
  refusalCommitted({ offset, index }: EffectRefusedInput): void {
    const key = `${offset}/${index}`;
    const refused = this.#refused.get(key);
    if (refused === undefined) return;
    this.#refused.delete(key);
    this.#settle(refused.pending, refused.bytes);
  }

  close(): void {
    this.#closed = true;
    this.#options.producer.close();
    this.#options.share.close();
    this.#pending = [];
    this.#refused.clear();
  }

  get #oldest(): Pending | undefined {
    return this.#pending[this.#first];
  }

  #open(place: EventPlace, timeMs: number, left: number): Pending {
    const pending = { place, timeMs, left };
    this.#pending.push(pending);
    return pending;
  }

  #send(effect: Effect, index: number, pending: Pending): void {
    const { partition, partitions, producer } = this.#options;
    const { offset } = pending.place;
    const target = recordOf(effect, { partition, partitions, offset, index });
    const bytes = target.record.value?.length ?? 0;
    this.#records += 1;
    this.#bytes += bytes;
    const lane = this.#laneOf(effect, target);
    void producer.send(target.topic, lane, target.record).then((outcome) => {
      if (!this.#closed) this.#sent(outcome, effect, index, pending, bytes);
    });
  }

  #count(effect: Effect): void {
    if (effect.kind !== 'dead-letter') return;
    const { reason } = effect.letter;
    this.#options.metrics.count('millrace_dead_letters_total', { reason });
  }

  #laneOf(effect: Effect, { topic, partition }: EffectRecord): number {
    if (partition !== 'balance') return partition;
    assert(effect.kind === 'dispatch', 'only dispatches are balanced');
    return this.#options.share.take(topic, effect.dispatch.taskRun);
  }

  #sent(
    outcome: SendOutcome,
    effect: Effect,
    index: number,
    pending: Pending,
    bytes: number,
  ): void {
    if (outcome.kind === 'acknowledged') {
      this.#settle(pending, bytes);
      return;
    }
    if (outcome.kind === 'closed') return;
    if (outcome.kind === 'refused') {
      const { offset } = pending.place;
      const { code, message } = outcome;
      this.#options.metrics.count('millrace_effects_refused_total', { kind: effect.kind });
      this.#refused.set(`${offset}/${index}`, { pending, bytes });
      const cause = { offset, index, timeMs: pending.timeMs, effect, code, message };
      this.#options.onRefused({ kind: 'effect-refused', ...cause });
      return;
    }
    // `expired` and `unknown` come with deadlines, which these sends have not; a repeat is harmless.
    this.#records -= 1;
    this.#bytes -= bytes;
    this.#send(effect, index, pending);
  }

  #settle(pending: Pending, bytes: number): void {
    const wasFull = this.full;
    pending.left -= 1;
    this.#records -= 1;
    this.#bytes -= bytes;
    while (this.#oldest?.left === 0) this.#first += 1;
    if (this.#first > 256 && this.#first * 2 > this.#pending.length) {
      this.#pending = this.#pending.slice(this.#first);
      this.#first = 0;
    }
    if (this.#records === 0 || (wasFull && !this.full)) this.#options.onSettled();
  }
}
