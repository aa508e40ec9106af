/**
 * The trigger role: the shell around stream, poll and clock triggers of all flows.
 *
 * Streams run in every trigger process: what they consume shares the work out. Polls and clocks run at one owner,
 * by the partition of their key and the assignment of the consumer group `triggers`; a killed owner is replaced
 * after a session. The assignment is advice, so whatever an owner does is harmless when it is done twice: starts
 * carry a position or a key, states a generation.
 */
import { hostname } from 'node:os';
import type { LogProducer } from '../ports/log.ts';
import type { Membership } from '../ports/membership.ts';
import { encodeTriggerRecord, triggerTombstone } from '../records/triggers.ts';
import { DecisionBook } from './decision-book.ts';
import { Housekeeping } from './housekeeping.ts';
import { Ownership } from './ownership.ts';
import { Roster } from './roster.ts';
import type { TriggerProcess, TriggerServices } from './services.ts';
import type { StartsFeed } from './starts-feed.ts';
import { Starter } from './starter.ts';
import { StatusReports } from './status-reports.ts';
import { HEARTBEAT_MS } from './trigger-board.ts';

export interface TriggerRoleOptions extends TriggerProcess {
  readonly membership: Membership;
  readonly feed: StartsFeed;
  readonly startsUnfinishedMax: number;
  readonly sessionMs: number;
}

/** How long the last records of a stop may take. */
const LAST_WORD_MS = 1_000;

export class TriggerRole {
  readonly #options: TriggerRoleOptions;
  readonly #producer: LogProducer;
  readonly #starts: LogProducer;
  readonly #services: TriggerServices;
  readonly #roster: Roster;
  readonly #ownership: Ownership;
  readonly #housekeeping: Housekeeping;
  readonly #process: string;
  readonly #stopListening: (() => void)[] = [];
  #cancelBeat: () => void = () => undefined;

  constructor(options: TriggerRoleOptions) {
    const { log, clock, random, board } = options;
    const process = random.id();
    this.#options = options;
    this.#process = process;
    this.#producer = log.producer();
    this.#starts = log.producer();
    const logger = options.logger.child({ triggers: process });
    const shared = { ...options, logger, process, producer: this.#producer };
    const keyed = new Starter({ ...options, indexer: options.feed });
    const { unfinished } = keyed;
    this.#services = {
      ...shared,
      keyed,
      sequenced: { ...options, producer: this.#starts, unfinished },
      decisions: new DecisionBook({ ...shared, place: 'trigger' }),
      statuses: new StatusReports(shared),
    };
    this.#ownership = new Ownership({
      ...shared,
      onChanged: (partition) => this.#roster.markPartition(partition),
    });
    this.#roster = new Roster(this.#services, (partition) => this.#ownership.open(partition));
    this.#housekeeping = new Housekeeping({
      board,
      clock,
      registry: options.flows.registry,
      producer: this.#producer,
      open: () => this.#ownership.openPartitions,
    });
  }

  /** The board and the flows must be caught up. */
  async start(): Promise<void> {
    const { flows, board } = this.#options;
    await this.#beat();
    this.#stopListening.push(
      flows.onApplied((applied) => {
        if (applied.kind === 'accepted') this.#roster.markFlow(applied.key);
      }),
      board.listen({ onSwitched: (trigger) => this.#roster.mark(trigger) }),
    );
    for (const key of flows.registry.keys()) this.#roster.markFlow(key);
    await this.#ownership.start();
    this.#housekeeping.start();
  }

  /** Triggers end what they have begun, within seconds; then others take over. */
  async stop(): Promise<void> {
    this.#cancelBeat();
    for (const stop of this.#stopListening) stop();
    this.#housekeeping.close();
    await this.#roster.close();
    await this.#ownership.close();
    const { decisions, statuses, keyed } = this.#services;
    statuses.close();
    decisions.close();
    await this.#lastWord();
    keyed.close();
    this.#starts.close();
    this.#producer.close();
  }

  /** True when every assigned partition is open. */
  get isReady(): boolean {
    return this.#ownership.isReady;
  }

  /** Keys of the triggers that run here. */
  get running(): readonly string[] {
    return this.#roster.running;
  }

  async #beat(): Promise<void> {
    const { clock } = this.#options;
    this.#cancelBeat = clock.after(HEARTBEAT_MS, () => void this.#beat());
    const record = encodeTriggerRecord({
      kind: 'process',
      process: this.#process,
      host: hostname(),
      processId: process.pid,
    });
    await this.#producer.send('triggers', 0, record, { deadlineMs: HEARTBEAT_MS });
  }

  /** What is sent on this lane before it has then been sent, too. */
  async #lastWord(): Promise<void> {
    const record = triggerTombstone(`process/${this.#process}`);
    await this.#producer.send('triggers', 0, record, { deadlineMs: LAST_WORD_MS });
  }
}
