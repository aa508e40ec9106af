import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { formatEvent } from '../../src/engine/compact-log.ts';
import type { Event } from '../../src/model/events.ts';
import type { LogRecord, LogSubscription } from '../../src/ports/log.ts';
import { ReaderRule } from '../../src/records/reader-rule.ts';

export interface HappenedEvent {
  readonly event: Event;
  readonly partition: number;
  readonly offset: number;
}

/** Everything that happened, as a reader sees it who follows from the beginning and never fails. */
export class History {
  readonly events: HappenedEvent[] = [];
  readonly publicRecords: LogRecord[] = [];
  readonly byExecution = new Map<string, HappenedEvent[]>();
  readonly problems: string[] = [];
  readonly #rules: readonly ReaderRule[];
  readonly #subscription: LogSubscription;
  #live = 0;
  #foreign = 0;

  constructor(log: SqliteLog) {
    this.#rules = Array.from({ length: log.partitions }, () => new ReaderRule());
    this.#subscription = log.subscribe({
      onRecords: ({ topic, partition, records }) => {
        if (topic === 'executions') this.publicRecords.push(...records);
        else for (const record of records) this.#take(record, partition);
      },
      onOutOfRange: (topic, partition) => {
        this.problems.push(`${topic}/${partition} is out of range`);
      },
    });
    for (let partition = 0; partition < log.partitions; partition += 1) {
      this.#subscription.assign('events', partition, 0);
      this.#subscription.assign('executions', partition, 0);
    }
  }

  /** Executions that have begun and not ended. */
  get live(): number {
    return this.#live;
  }

  /** Executions that a plain producer's starts became. */
  get foreign(): number {
    return this.#foreign;
  }

  /** Records of former owners that the reader rule kept out. */
  get ignored(): number {
    return this.#rules.reduce((sum, rule) => sum + rule.ignored, 0);
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

  #take(record: LogRecord, partition: number): void {
    const accepted = this.#rules[partition]?.accept(record);
    if (accepted?.kind === 'unreadable') this.problems.push(accepted.reason);
    if (accepted?.kind !== 'event') return;
    const { event } = accepted;
    const happened = { event, partition, offset: record.offset };
    this.events.push(happened);
    if (!('execution' in event) || event.type.startsWith('start.')) return;
    if (event.type.startsWith('command.')) return;
    const own = this.byExecution.get(event.execution) ?? [];
    this.byExecution.set(event.execution, own);
    own.push(happened);
    if (event.type === 'execution.created') {
      this.#live += 1;
      if (event.trigger.type === 'start') this.#foreign += 1;
    }
    if (event.type === 'execution.ended') this.#live -= 1;
  }
}
