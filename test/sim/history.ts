import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { formatEvent } from '../../src/engine/compact-log.ts';
import { finishRestore } from '../../src/engine/pages.ts';
import { PartitionState } from '../../src/engine/partition-state.ts';
import { foreignId } from '../../src/engine/start/foreign-id.ts';
import type { Event } from '../../src/model/events.ts';
import { type ExecutionId, partitionOf } from '../../src/model/ids.ts';
import type { LogRecord, TopicName } from '../../src/model/log-records.ts';
import type { StartRequest } from '../../src/model/starts.ts';
import type { LogSubscription } from '../../src/ports/log.ts';
import { decodeFlow } from '../../src/records/flows.ts';
import { type AcceptedRecord, ReaderRule } from '../../src/records/reader-rule.ts';
import { decodeStart } from '../../src/records/starts.ts';

export interface HappenedEvent {
  readonly event: Event;
  readonly partition: number;
  readonly offset: number;
}

/** A record of `starts`, and the id under which it is decided. */
export interface AskedStart {
  readonly start: StartRequest;
  readonly id: ExecutionId;
  readonly partition: number;
  readonly offset: number;
}

/** What the log says of an owner: that it opened, which input it began, or that it got something done. */
export interface OwnersWord {
  readonly kind: 'opened' | 'began' | 'done';
  /** The input's name. */
  readonly what: string;
  readonly offset: number;
}

/** Where and when a revision was deployed. */
export interface Revision {
  readonly offset: number;
  readonly timeMs: number;
}

const followed = ['starts', 'events', 'executions', 'dlq'] as const satisfies TopicName[];

/** Everything that happened, as a reader sees it who follows from the beginning and never fails. */
export class History {
  readonly events: HappenedEvent[] = [];
  readonly publicRecords: LogRecord[] = [];
  readonly deadLetters: LogRecord[] = [];
  readonly starts: AskedStart[] = [];
  readonly byExecution = new Map<string, HappenedEvent[]>();
  /** By partition. */
  readonly owners: OwnersWord[][];
  /** The revisions of each flow, in order. */
  readonly revisions = new Map<string, Revision[]>();
  readonly problems: string[] = [];
  /** What all events have led to, by partition. */
  readonly states: readonly PartitionState[];
  readonly #partitions: number;
  readonly #rules: readonly ReaderRule[];
  readonly #subscription: LogSubscription;
  /** Starts that need not become executions, nor be answered. */
  readonly leftOut = new Set<ExecutionId>();
  readonly #undecided = new Set<ExecutionId>();
  readonly #decided = new Set<ExecutionId>();
  #live = 0;

  constructor(log: SqliteLog) {
    this.#partitions = log.partitions;
    this.#rules = Array.from({ length: log.partitions }, () => new ReaderRule());
    this.owners = this.#rules.map(() => []);
    this.states = this.#rules.map((_, at) => new PartitionState(at, log.partitions));
    for (const state of this.states) finishRestore(state, -1);
    this.#subscription = log.subscribe({
      onRecords: ({ topic, partition, records }) => {
        for (const record of records) this.#read(topic, partition, record);
      },
      onOutOfRange: (topic, partition) => {
        this.problems.push(`${topic}/${partition} is out of range`);
      },
    });
    this.#subscription.assign('flows', 0, 0);
    for (const topic of followed) {
      for (let partition = 0; partition < log.partitions; partition += 1) {
        this.#subscription.assign(topic, partition, 0);
      }
    }
  }

  /** True when every start has been decided and every execution has ended. */
  get isOver(): boolean {
    return this.#live === 0 && this.#undecided.size === 0;
  }

  /** Starts that wait for their decision, and executions that have not ended. */
  get open(): string {
    return `${this.#undecided.size} starts undecided, ${this.#live} executions alive`;
  }

  /** Records of former owners that the reader rule kept out. */
  get ignored(): number {
    return this.#rules.reduce((sum, rule) => sum + rule.ignored, 0);
  }

  /** Nobody waits any more for undecided starts that the rule names. */
  leaveOut(rule: (start: StartRequest) => boolean): void {
    if (this.#undecided.size === 0) return;
    for (const { id, start } of this.starts) {
      if (!this.#undecided.has(id) || !rule(start)) continue;
      this.leftOut.add(id);
      this.#undecided.delete(id);
    }
  }

  hasEnded(execution: string): boolean {
    return this.byExecution.get(execution)?.at(-1)?.event.type === 'execution.ended';
  }

  /** The compact log, whole or of one execution. */
  print(execution?: string): string {
    const events = execution === undefined ? this.events : (this.byExecution.get(execution) ?? []);
    return events.map(({ event, ...where }) => formatEvent(event, where)).join('\n');
  }

  async close(): Promise<void> {
    await this.#subscription.close();
  }

  #read(topic: TopicName, partition: number, record: LogRecord): void {
    if (topic === 'starts') this.#readStart(partition, record);
    else if (topic === 'events') this.#readEvent(partition, record);
    else if (topic === 'executions') this.publicRecords.push(record);
    else if (topic === 'dlq') this.deadLetters.push(record);
    else this.#readFlow(record);
  }

  #readFlow(record: LogRecord): void {
    const decoded = decodeFlow(record);
    if (!decoded.ok) return;
    const revisions = this.revisions.get(decoded.value.flow) ?? [];
    this.revisions.set(decoded.value.flow, revisions);
    revisions.push({ offset: record.offset, timeMs: record.timestampMs });
  }

  #readStart(partition: number, record: LogRecord): void {
    const { offset } = record;
    const origin = { topic: 'starts', partition, offset };
    const decoded = decodeStart(record, origin);
    if (!decoded.ok) {
      this.problems.push(`starts/${partition}/${offset} does not read: ${decoded.message}`);
      return;
    }
    const start = decoded.value;
    const { idempotencyKey: key } = start;
    const owner = key === undefined ? partition : partitionOf(key, this.#partitions);
    const id = start.executionId ?? foreignId(origin, owner, this.#partitions);
    this.starts.push({ start, id, partition, offset });
    if (!this.#decided.has(id)) this.#undecided.add(id);
  }

  #readEvent(partition: number, record: LogRecord): void {
    const accepted = this.#rules[partition]?.accept(record);
    if (accepted === undefined) return;
    if (accepted.kind === 'unreadable') this.problems.push(accepted.reason);
    this.#tellOwners(partition, record.offset, accepted);
    const state = this.states[partition];
    if (state !== undefined && 'position' in accepted) {
      const { nextStart, nextCommand } = accepted.position;
      state.positions = { nextStart, nextCommand };
    }
    if (accepted.kind !== 'event') return;
    state?.applyRecorded(accepted.event, record.offset);
    this.#take(accepted.event, partition, record.offset);
  }

  #tellOwners(partition: number, offset: number, accepted: AcceptedRecord): void {
    const words = this.owners[partition];
    if (accepted.kind === 'partition.opened') words?.push({ kind: 'opened', what: '', offset });
    else if (accepted.kind !== 'input.began') words?.push({ kind: 'done', what: '', offset });
    else words?.push({ kind: 'began', what: accepted.what, offset });
  }

  #take(event: Event, partition: number, offset: number): void {
    const happened = { event, partition, offset };
    this.events.push(happened);
    if (event.type === 'start.duplicate' || event.type === 'start.rejected') {
      if (event.requestedId !== undefined) this.#decide(event.requestedId);
      return;
    }
    if (event.type.startsWith('command.') || !('execution' in event)) return;
    const own = this.byExecution.get(event.execution) ?? [];
    this.byExecution.set(event.execution, own);
    own.push(happened);
    if (event.type === 'execution.created') {
      this.#decide(event.execution);
      this.#live += 1;
    } else if (event.type === 'execution.ended') {
      this.#live -= 1;
    }
  }

  #decide(id: ExecutionId): void {
    this.#decided.add(id);
    this.#undecided.delete(id);
  }
}
