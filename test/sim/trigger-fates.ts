import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import type { ExecutionCreated } from '../../src/model/events.ts';
import type { LogRecord } from '../../src/model/log-records.ts';
import type { DeadLetter, Decision } from '../../src/model/records.ts';
import { type StateRecord, triggerKey, triggerSource } from '../../src/model/triggers.ts';
import type { LogSubscription } from '../../src/ports/log.ts';
import { decodeDecision } from '../../src/records/decisions.ts';
import { decodeDeadLetter } from '../../src/records/dlq.ts';
import { decodeTriggerRecord } from '../../src/records/triggers.ts';
import type { History } from './history.ts';
import { heardTopic, heardTrigger, listensName, tickTrigger } from './listens.ts';

/** A process that took a partition of triggers over, and where it said so. */
export interface Takeover {
  readonly partition: number;
  readonly process: string;
  readonly offset: number;
}

/** A state of the schedule, and where it lies. */
export interface SavedState {
  readonly record: StateRecord;
  readonly offset: number;
}

const topics = ['triggers', 'decisions'] as const;

/** What has become of due times and records, as a reader sees it who follows from the beginning and never fails. */
export class TriggerFates {
  readonly decisions: Decision[] = [];
  /** Due times that were passed over, as decisions tell: the first and the last of each. */
  readonly missed: (readonly [fromMs: number, untilMs: number])[] = [];
  readonly takeovers: Takeover[] = [];
  readonly states: SavedState[] = [];
  /** By place in the topic. */
  readonly started = new Map<string, ExecutionCreated[]>();
  /** By due time. */
  readonly fired = new Map<number, ExecutionCreated[]>();
  readonly deadLetters = new Map<string, DeadLetter[]>();
  readonly #subscription: LogSubscription;
  #eventsRead = 0;
  #lettersRead = 0;

  constructor(log: SqliteLog) {
    this.#subscription = log.subscribe({
      onRecords: ({ topic, partition, records }) => {
        for (const record of records) {
          if (topic === 'decisions') this.#decided(record);
          else this.#said(partition, record);
        }
      },
      onOutOfRange: () => undefined,
    });
    for (const topic of topics) {
      for (let partition = 0; partition < log.partitionCount(topic); partition += 1) {
        this.#subscription.assign(topic, partition, 0);
      }
    }
  }

  /** Takes in what has happened since it was called last. */
  read({ events, deadLetters }: History): void {
    for (const { event } of events.slice(this.#eventsRead)) {
      if (event.type === 'execution.created' && event.flow === listensName) this.#created(event);
    }
    this.#eventsRead = events.length;
    for (const record of deadLetters.slice(this.#lettersRead)) {
      const letter = decodeDeadLetter(record);
      if (!letter.ok || letter.value.origin.topic !== heardTopic) continue;
      add(this.deadLetters, placeOf(letter.value.origin), letter.value);
    }
    this.#lettersRead = deadLetters.length;
  }

  /**
   * From when the schedule was surely known. An owner that finds no state begins at its own now. Two may, when the
   * first has not saved in time, and what the one with the faster clock fires is then all that counts.
   */
  get beganMs(): number | undefined {
    let latest: number | undefined;
    const known = new Set<number>();
    for (const { record } of this.states) {
      const { generation, state } = record;
      if (known.has(generation)) continue;
      known.add(generation);
      if (this.states.some((other) => other.offset < generation)) continue;
      latest = Math.max(latest ?? 0, Number(state['firedMs']));
    }
    return latest;
  }

  isMissed(dueMs: number): boolean {
    return this.missed.some(([fromMs, untilMs]) => fromMs <= dueMs && dueMs <= untilMs);
  }

  async close(): Promise<void> {
    await this.#subscription.close();
  }

  #created(event: ExecutionCreated): void {
    const { id, partition, offset, date } = event.trigger;
    if (id === tickTrigger)
      add(this.fired, Date.parse(typeof date === 'string' ? date : ''), event);
    else if (id === heardTrigger) {
      add(this.started, placeOf({ partition: Number(partition), offset: Number(offset) }), event);
    }
  }

  #decided(record: LogRecord): void {
    const decision = decodeDecision(record);
    if (!decision.ok) return;
    this.decisions.push(decision.value);
    const { reason, message } = decision.value;
    if (reason === 'missed') this.missed.push(rangeOf(message));
  }

  #said(partition: number, record: LogRecord): void {
    if (record.value === null) return;
    const decoded = decodeTriggerRecord(record);
    if (!decoded.ok) return;
    const { value } = decoded;
    const { offset } = record;
    if (value.kind === 'owner') this.takeovers.push({ partition, process: value.process, offset });
    if (value.kind === 'state' && value.trigger === tickKey) {
      this.states.push({ record: value, offset });
    }
  }
}

const tickKey = triggerKey({ namespace: 'sim', flow: listensName, trigger: tickTrigger });

/** The source of due times. */
export const tickSource = triggerSource(tickKey);

export function placeOf(place: { readonly partition: number; readonly offset: number }): string {
  return `${place.partition}/${place.offset}`;
}

function rangeOf(message: string): readonly [number, number] {
  const times = message.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
  return [Date.parse(times[0] ?? ''), Date.parse(times.at(-1) ?? '')];
}

function add<Key, Item>(all: Map<Key, Item[]>, key: Key, item: Item): void {
  const items = all.get(key) ?? [];
  items.push(item);
  all.set(key, items);
}
