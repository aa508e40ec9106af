/**
 * A partition of triggers that this process owns: the state of its polls and clocks.
 *
 * The assignment of the consumer group is advice, and a former owner may go on for a while. So an owner begins
 * with a record, whose offset is its generation, and reads what lies before it; everything that it saves carries
 * the generation and a number, and the highest of both counts. What a former owner saves later is ignored by all
 * readers, and what it starts, the new owner starts as well, under the same source and sequence (invariant 7). Each
 * generation has keys of its own, since the topic is compacted; the next owner removes them once it has saved.
 */
import { limits } from '../model/limits.ts';
import type { StateRecord } from '../model/triggers.ts';
import type { Clock } from '../ports/clock.ts';
import { sleep } from '../ports/clock.ts';
import type { Log, LogProducer, SendOutcome } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Random } from '../ports/random.ts';
import {
  decodeTriggerRecord,
  encodeTriggerRecord,
  triggerRecordKey,
  triggerTombstone,
} from '../records/triggers.ts';
import type { JsonObject } from '../support/json.ts';
import { drawnBackOffMs } from './drawn-back-off.ts';
import { NotOurs } from './not-ours.ts';

export interface OwnedPartitionOptions {
  readonly log: Log;
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** This process in the records. */
  readonly process: string;
  readonly partition: number;
  readonly onOpened: () => void;
}

export class OwnedPartition {
  readonly partition: number;
  readonly #options: OwnedPartitionOptions;
  readonly #closed = new AbortController();
  #states = new Map<string, StateRecord>();
  /** What former owners have written, by trigger, until there is something newer. */
  #former = new Map<string, string[]>();
  #generation: number | undefined;
  #sequence = 0;

  constructor(options: OwnedPartitionOptions) {
    this.#options = options;
    this.partition = options.partition;
    void this.#open();
  }

  /** Undefined until it is opened. */
  get generation(): number | undefined {
    return this.#generation;
  }

  /** Triggers that have a state. */
  triggers(): readonly string[] {
    return [...this.#states.keys()];
  }

  stateOf(trigger: string): JsonObject | undefined {
    return this.#states.get(trigger)?.state;
  }

  /**
   * Resolves when it is acknowledged.
   *
   * @throws Error when it is larger than limits.triggerStateBytes, or the partition is given up.
   */
  async save(trigger: string, state: JsonObject): Promise<void> {
    const generation = this.#generation;
    if (generation === undefined) throw new Error('the partition is not open');
    const bytes = Buffer.byteLength(JSON.stringify(state));
    const bytesMax = limits.triggerStateBytes.value;
    if (bytes > bytesMax) throw new Error(`the state has ${bytes} bytes, and may have ${bytesMax}`);
    const record: StateRecord = {
      kind: 'state',
      trigger,
      generation,
      sequence: this.#sequence,
      state,
    };
    this.#sequence += 1;
    const { producer } = this.#options;
    this.#closed.signal.throwIfAborted();
    this.#states.set(trigger, record);
    const outcome = await producer.send('triggers', this.partition, encodeTriggerRecord(record));
    if (outcome.kind !== 'acknowledged') throw notWritten(outcome);
    this.#removeFormer(trigger);
  }

  /** The trigger is no more. */
  forget(trigger: string): void {
    const record = this.#states.get(trigger);
    this.#states.delete(trigger);
    this.#removeFormer(trigger);
    if (record !== undefined && record.generation === this.#generation) {
      this.#remove(triggerRecordKey(record));
    }
  }

  close(): void {
    this.#closed.abort(new NotOurs('the triggers of this partition have another owner'));
  }

  #removeFormer(trigger: string): void {
    for (const key of this.#former.get(trigger) ?? []) this.#remove(key);
    this.#former.delete(trigger);
  }

  /** When it fails, the next owner does it. */
  #remove(key: string): void {
    void this.#options.producer.send('triggers', this.partition, triggerTombstone(key));
  }

  async #open(): Promise<void> {
    const { clock, random, logger } = this.#options;
    const { signal } = this.#closed;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const generation = await this.#begin();
        this.#states = await this.#read(generation);
        if (signal.aborted) return;
        this.#generation = generation;
        this.#options.onOpened();
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, partition: this.partition }, 'triggers cannot be taken over yet');
        await sleep(clock, drawnBackOffMs(failures, random), signal);
      }
    }
  }

  async #begin(): Promise<number> {
    const { producer, process } = this.#options;
    const record = encodeTriggerRecord({ kind: 'owner', process });
    const outcome = await producer.send('triggers', this.partition, record);
    if (outcome.kind !== 'acknowledged') throw notWritten(outcome);
    return outcome.offset;
  }

  async #read(generation: number): Promise<Map<string, StateRecord>> {
    const { log } = this.#options;
    const states = new Map<string, StateRecord>();
    const place = { partition: this.partition, end: generation };
    for await (const { key, record } of readStates(log, place, this.#closed.signal)) {
      const { trigger } = record;
      keepNewest(states, record);
      this.#former.set(trigger, [...new Set([...(this.#former.get(trigger) ?? []), key])]);
    }
    return states;
  }
}

/** Every state of the partition in the order it was written; the newest owner's counts. */
export async function* readStates(
  log: Log,
  { partition, end }: { readonly partition: number; readonly end: number },
  signal: AbortSignal,
): AsyncGenerator<{ readonly key: string; readonly record: StateRecord }> {
  const { start } = await log.bounds('triggers', partition, signal);
  for await (const records of log.read('triggers', partition, start, end, signal)) {
    for (const record of records) {
      const { key, value } = record;
      if (value === null || key?.startsWith('state/') !== true) continue;
      const decoded = decodeTriggerRecord(record);
      if (decoded.ok && decoded.value.kind === 'state') yield { key, record: decoded.value };
    }
  }
}

/** Of two states of one trigger the one of the later owner counts, whenever it was written. */
export function keepNewest(states: Map<string, StateRecord>, record: StateRecord): void {
  const known = states.get(record.trigger);
  const isOlder =
    known !== undefined &&
    (record.generation < known.generation ||
      (record.generation === known.generation && record.sequence <= known.sequence));
  if (!isOlder) states.set(record.trigger, record);
}

function notWritten(outcome: Exclude<SendOutcome, { readonly kind: 'acknowledged' }>): Error {
  const why = outcome.kind === 'refused' ? outcome.message : outcome.kind;
  return new Error(`the log did not take a record of triggers: ${why}`);
}
