import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { openSqliteTopics, type SqliteTopics } from '../../src/adapters/sqlite/topics-port.ts';
import type { LogProducer } from '../../src/ports/log.ts';
import type { TopicBatch } from '../../src/ports/topics.ts';
import { encodeFlow } from '../../src/records/flows.ts';
import { silentLogger } from '../support/memory-ports.ts';
import type { History } from './history.ts';
import {
  type HeardKind,
  heardTopic,
  listensFlow,
  listensName,
  type ListensPlan,
  randomPlan,
  valueOf,
} from './listens.ts';
import type { SeededRandom } from './seeded-random.ts';
import { placeOf, tickSource, TriggerFates } from './trigger-fates.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Witness } from './witness.ts';

/** A record of the topic, and what must become of it. */
export interface HeardRecord {
  readonly kind: HeardKind;
  readonly partition: number;
  readonly offset: number;
}

interface Parts {
  readonly log: SqliteLog;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly witness: Witness;
}

const RECORDS_MIN = 3;
const RECORDS_MORE_MAX = 18;
const CHANGES_MAX = 3;

/** What triggers listen to in a history, and what has come of it. */
export class Listening {
  readonly plan: ListensPlan;
  readonly topics: SqliteTopics;
  readonly fates: TriggerFates;
  readonly records: HeardRecord[] = [];
  /** How wrong clocks of trigger processes were, ms. */
  readonly skews: number[] = [0];
  /** When the schedule was removed, by the log. */
  removedMs: number | undefined;
  readonly #parts: Parts;
  readonly #producer: LogProducer;
  /** How far each partition was handed to any process. */
  readonly #delivered = new Map<number, number>();
  #sent = 0;
  #sending = 0;
  #missing: HeardRecord[] = [];

  private constructor(parts: Parts, topics: SqliteTopics) {
    this.#parts = parts;
    this.topics = topics;
    this.plan = randomPlan(parts.random);
    this.fates = new TriggerFates(parts.log);
    this.#producer = parts.log.producer();
    topics.create(heardTopic, this.plan.topicPartitions);
  }

  static async open(parts: Parts): Promise<Listening> {
    const { clock, random } = parts;
    const ports = { clock, random: random.fork(), logger: silentLogger };
    return new Listening(parts, await openSqliteTopics({ file: ':memory:', ...ports }));
  }

  /** The flow now, other revisions of it with the same triggers, and records, some time within `withinMs`. */
  begin(withinMs: number): void {
    const { random, clock } = this.#parts;
    this.#deploy(true);
    for (let n = random.integer(CHANGES_MAX); n > 0; n -= 1) {
      clock.after(random.next() * withinMs, () => this.#deploy(true));
    }
    for (let n = RECORDS_MIN + random.integer(RECORDS_MORE_MAX); n > 0; n -= 1) {
      const drawn = random.next();
      const kind = drawn < 0.75 ? 'starts' : drawn < 0.9 ? 'filtered' : 'undecodable';
      clock.after(random.next() * withinMs, () => this.send(kind));
    }
  }

  /** No due time fires any more. */
  removeSchedule(): void {
    this.#deploy(false);
  }

  /** A record that nobody has seen, now. */
  send(kind: HeardKind): void {
    this.#sent += 1;
    this.#sending += 1;
    const { random } = this.#parts;
    const value = Buffer.from(valueOf(kind, this.#sent));
    const partition = random.integer(this.plan.topicPartitions);
    void this.topics
      .publish(heardTopic, [{ key: null, value, headers: {}, partition }])
      .then((outcome) => {
        this.#sending -= 1;
        if (outcome.kind !== 'acknowledged') throw new Error(`${heardTopic}: ${outcome.kind}`);
        for (const place of outcome.places) {
          const record = { kind, ...place };
          this.records.push(record);
          if (kind !== 'filtered') this.#missing.push(record);
        }
      });
  }

  /** True when every record is an execution or a dead letter, and the schedule is no more. */
  isOver(history: History): boolean {
    if (this.removedMs === undefined || this.#sending > 0) return false;
    // What one owner fires late, another may have passed over before, or begun behind it: it comes too late then.
    const { beganMs = 0 } = this.fates;
    history.leaveOut(({ source }) => {
      if (source?.id !== tickSource) return false;
      return source.sequence <= beganMs || this.fates.isMissed(source.sequence);
    });
    if (this.#missing.length === 0) return true;
    this.fates.read(history);
    const { started, deadLetters } = this.fates;
    this.#missing = this.#missing.filter((record) => {
      const known = record.kind === 'starts' ? started : deadLetters;
      return !known.has(placeOf(record));
    });
    return this.#missing.length === 0;
  }

  /** What is not over. */
  get open(): string {
    return `${this.#missing.length} records of ${heardTopic} without a fate`;
  }

  /** A process was handed records. */
  delivered({ partition, records, nextOffset }: TopicBatch): void {
    const known = this.#delivered.get(partition) ?? 0;
    const again = records.filter(({ offset }) => offset < known);
    this.#parts.witness.saw('a record of a topic is read again', again.length);
    this.#delivered.set(partition, Math.max(known, nextOffset));
  }

  async close(): Promise<void> {
    this.#producer.close();
    await this.fates.close();
    await this.topics.close();
  }

  #deploy(ticks: boolean): void {
    const { random, clock } = this.#parts;
    if (this.removedMs !== undefined) return;
    const source = listensFlow(this.plan, random, ticks);
    const record = encodeFlow({ namespace: 'sim', flow: listensName, source });
    void this.#producer.send('flows', 0, record).then(() => {
      if (!ticks) this.removedMs = clock.now();
    });
  }
}
