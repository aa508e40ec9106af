/**
 * What all processes say of all triggers: a replica of `triggers`, but for the state of polls and clocks, which
 * only their owner needs and which may be large (owned-partition.ts).
 *
 * A key holds its newest record. What a process says of a trigger counts while the process lives: it writes a
 * record every {@link HEARTBEAT_MS}, and time is the log's, since clocks of machines differ.
 */
import type {
  PauseRecord,
  ProcessRecord,
  StatusRecord,
  SwitchRecord,
  TriggerRecord,
} from '../model/triggers.ts';
import type { Clock } from '../ports/clock.ts';
import type { FetchedBatch, Log, LogBounds, LogSubscription } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import { decodeTriggerRecord, partitionOfTrigger } from '../records/triggers.ts';

/** How often a trigger process says that it lives. */
export const HEARTBEAT_MS = 15_000;
/** A process that was silent for longer does not live any more. */
const SILENT_MS = 4 * HEARTBEAT_MS;

export interface TriggerBoardOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A record with its place: of two in one partition the one with the higher offset is newer. */
interface Noted<Kept extends TriggerRecord = TriggerRecord> {
  readonly record: Kept;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
}

type Kind<Name extends TriggerRecord['kind']> = Extract<TriggerRecord, { readonly kind: Name }>;

export interface BoardListener {
  /** Enabled, disabled or paused. */
  onSwitched?(trigger: string): void;
  /** Another process has taken the partition over, or this one. */
  onOwner?(partition: number, process: string, generation: number): void;
}

export class TriggerBoard {
  readonly #options: TriggerBoardOptions;
  readonly #subscription: LogSubscription;
  readonly #records = new Map<string, Noted>();
  /** Keys of statuses by trigger. */
  readonly #statuses = new Map<string, Set<string>>();
  readonly #listeners = new Set<BoardListener>();
  readonly #waiters = new Set<{ partition: number; offset: number; call: () => void }>();
  readonly #positions = new Map<number, number>();
  /** The log's newest time, and when it was read. */
  #newest = { timestampMs: 0, readAt: 0 };

  constructor(options: TriggerBoardOptions) {
    this.#options = options;
    this.#subscription = options.log.subscribe({
      onRecords: (batch) => this.#read(batch),
      onDamaged: ({ partition, lastOffset }) => this.#moveTo(partition, lastOffset + 1),
      onOutOfRange: (_topic, partition, bounds) => this.#outOfRange(partition, bounds),
    });
  }

  get partitions(): number {
    return this.#options.log.partitionCount('triggers');
  }

  partitionOf(trigger: string): number {
    return partitionOfTrigger(trigger, this.partitions);
  }

  /** Resolves when everything written before the call is here. */
  async start(): Promise<void> {
    const { log } = this.#options;
    const partitions = Array.from({ length: this.partitions }, (_, partition) => partition);
    await Promise.all(
      partitions.map(async (partition) => {
        const { start, end } = await log.bounds('triggers', partition);
        this.#subscription.assign('triggers', partition, start);
        await this.reached(partition, end);
      }),
    );
  }

  /** Resolves when every record of the partition below the offset is here. */
  async reached(partition: number, offset: number): Promise<void> {
    if ((this.#positions.get(partition) ?? 0) >= offset) return;
    await new Promise<void>((call) => this.#waiters.add({ partition, offset, call }));
  }

  /** Returns how to stop listening. */
  listen(listener: BoardListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  switchOf(trigger: string): SwitchRecord | undefined {
    return this.#noted<'switch'>(`switch/${trigger}`)?.record;
  }

  /** Why no event of the trigger is taken in this revision; undefined when it is not paused. */
  pauseOf(trigger: string, revision: number): PauseRecord | undefined {
    const pause = this.#noted<'pause'>(`pause/${trigger}`);
    if (pause === undefined || pause.record.revision < revision) return undefined;
    const switched = this.#noted<'switch'>(`switch/${trigger}`)?.offset ?? -1;
    return pause.offset > switched ? pause.record : undefined;
  }

  /** What the processes that live say of it. */
  statusesOf(trigger: string): readonly StatusRecord[] {
    return [...(this.#statuses.get(trigger) ?? [])].flatMap((key) => {
      const record = this.#noted<'status'>(key)?.record;
      return record === undefined || !this.isAlive(record.process) ? [] : [record];
    });
  }

  processOf(process: string): ProcessRecord | undefined {
    return this.#noted<'process'>(`process/${process}`)?.record;
  }

  isAlive(process: string): boolean {
    const beat = this.#noted<'process'>(`process/${process}`);
    return beat !== undefined && this.#logTime() - beat.timestampMs < SILENT_MS;
  }

  /** The highest sequence of a source of a stream trigger whose fate is known to be safe. */
  positionOf(trigger: string, source: string): number | undefined {
    return this.#noted<'position'>(`position/${trigger}/${source}`)?.record.sequence;
  }

  /** Keys of a partition that dead processes have left behind. */
  leftBehind(partition: number): readonly string[] {
    return [...this.#records].flatMap(([key, noted]) => {
      const { record } = noted;
      if (noted.partition !== partition) return [];
      const says = record.kind === 'status' || record.kind === 'process';
      return says && !this.isAlive(record.process) ? [key] : [];
    });
  }

  /** Keys of a partition by the trigger they are about. */
  *keysOf(partition: number): Iterable<{ readonly key: string; readonly trigger: string }> {
    for (const [key, { record, partition: at }] of this.#records) {
      if (at === partition && 'trigger' in record) yield { key, trigger: record.trigger };
    }
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#waiters.clear();
    await this.#subscription.close();
  }

  /** The kind is the key's first part. */
  #noted<Name extends TriggerRecord['kind']>(key: string): Noted<Kind<Name>> | undefined {
    const noted = this.#records.get(key);
    // A key begins with the kind of its record; #read has seen to it.
    return noted as Noted<Kind<Name>> | undefined;
  }

  #logTime(): number {
    const { timestampMs, readAt } = this.#newest;
    return timestampMs + this.#options.clock.monotonic() - readAt;
  }

  #read({ partition, records, nextOffset }: FetchedBatch): void {
    for (const read of records) {
      const { key, value, offset, timestampMs } = read;
      if (timestampMs >= this.#newest.timestampMs) {
        this.#newest = { timestampMs, readAt: this.#options.clock.monotonic() };
      }
      if (key === null) continue;
      if (value === null) {
        this.#forget(key);
        continue;
      }
      const decoded = decodeTriggerRecord(read);
      if (decoded.ok && key.startsWith(decoded.value.kind)) {
        this.#note(key, { record: decoded.value, partition, offset, timestampMs });
      } else {
        this.#options.logger.warn({ topic: 'triggers', partition, offset }, 'unreadable record');
      }
    }
    this.#moveTo(partition, nextOffset);
  }

  #note(key: string, noted: Noted): void {
    const { record, partition, offset } = noted;
    if (record.kind === 'owner') {
      for (const listener of [...this.#listeners]) {
        listener.onOwner?.(partition, record.process, offset);
      }
      return;
    }
    if (record.kind === 'state') return;
    if (record.kind === 'position' && this.#isBehind(key, record.sequence)) return;
    this.#records.set(key, noted);
    if (record.kind === 'status') {
      const keys = this.#statuses.get(record.trigger) ?? new Set<string>();
      this.#statuses.set(record.trigger, keys.add(key));
    }
    if (record.kind === 'switch' || record.kind === 'pause') {
      for (const listener of [...this.#listeners]) listener.onSwitched?.(record.trigger);
    }
  }

  #isBehind(key: string, sequence: number): boolean {
    return sequence < (this.#noted<'position'>(key)?.record.sequence ?? -1);
  }

  #forget(key: string): void {
    const record = this.#records.get(key)?.record;
    this.#records.delete(key);
    if (record?.kind !== 'status') return;
    const keys = this.#statuses.get(record.trigger);
    keys?.delete(key);
    if (keys?.size === 0) this.#statuses.delete(record.trigger);
  }

  #moveTo(partition: number, offset: number): void {
    this.#positions.set(partition, Math.max(offset, this.#positions.get(partition) ?? 0));
    for (const waiter of [...this.#waiters]) {
      if (waiter.partition !== partition || waiter.offset > offset) continue;
      this.#waiters.delete(waiter);
      waiter.call();
    }
  }

  /** The topic is compacted and never cut: another start means that it was made anew. */
  #outOfRange(partition: number, { start }: LogBounds): void {
    this.#options.logger.error({ topic: 'triggers', partition }, 'the topic was made anew');
    this.#positions.set(partition, start);
    this.#subscription.assign('triggers', partition, start);
  }
}
