/**
 * The executor role: takes the partitions that the consumer group `executors` gives it, and runs each as its
 * single writer (owned-partition.ts). What is here is only what partitions share: one subscription for their
 * starts and commands, the replica of `flows`, the watch over workers, the balance of dispatches, turns.
 */
import type { Definitions } from '../engine/definitions.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { GroupMember, Membership } from '../ports/membership.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import type { JsonObject } from '../support/json.ts';
import { Assignment } from './assignment.ts';
import { CarefulTurn } from './careful.ts';
import { DispatchBalance } from './dispatch-balance.ts';
import type { FlowFollower } from './flow-follower.ts';
import { LiveBytes } from './live-bytes.ts';
import { Readings } from './readings.ts';
import type { Services } from './services.ts';
import { defaultExecutorSettings, type ExecutorSettings } from './settings.ts';
import { Turns } from './turns.ts';
import { WorkersWatch } from './workers-watch.ts';

/** The consumer group of all executors of an installation. */
export const executorsGroup = 'executors';

const TICK_MS = 1_000;
/** A tick is never longer than this part of a session, so that silence is noticed in time. */
const TICKS_PER_SESSION = 4;

export interface ExecutorOptions {
  readonly log: Log;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The process's replica of `flows`; the executor does not close it. */
  readonly flows: FlowFollower;
  readonly catalog: Catalog;
  /** `globals` of millrace.yaml. */
  readonly globals: JsonObject;
  /** What differs from {@link defaultExecutorSettings}. */
  readonly settings?: Partial<ExecutorSettings>;
}

export interface Executor {
  /** Joins the consumer group; partitions open as they are assigned. */
  start(): Promise<void>;
  /** Finishes what was begun, for `drainMs` at most, and leaves, so that others take over at once. */
  stop(options: { readonly drainMs: number }): Promise<void>;
  status(): ExecutorStatus;
}

export interface ExecutorStatus {
  readonly member: string;
  /** True when every assigned partition is at work. */
  readonly ready: boolean;
  readonly liveBytes: number;
  readonly partitions: readonly ReturnType<Assignment['partitions'][number]['status']>[];
}

export function createExecutor(options: ExecutorOptions): Executor {
  return new ExecutorShell(options);
}

class ExecutorShell implements Executor {
  readonly #options: ExecutorOptions;
  readonly #services: Services;
  readonly #assignment: Assignment;
  #member: GroupMember | undefined;
  #assignedOnce = false;
  #cancelTick: () => void = () => undefined;
  #stopped = false;

  constructor(options: ExecutorOptions) {
    const { log, clock, metrics, flows, random } = options;
    const settings = { ...defaultExecutorSettings, ...options.settings };
    const member = random.id();
    const logger = options.logger.child({ executor: member });
    const { sessionMs } = settings;
    const turns = new Turns(clock);
    this.#options = options;
    this.#services = {
      log,
      clock,
      logger,
      metrics,
      settings,
      member,
      flows,
      definitions: definitionsOf(options),
      workers: new WorkersWatch({ log, clock, logger, sessionMs }),
      readings: new Readings(log),
      balance: new DispatchBalance((topic) => log.partitionCount(topic)),
      live: new LiveBytes(settings.liveBytesMax),
      turns,
      carefulTurn: new CarefulTurn(turns),
    };
    this.#assignment = new Assignment(this.#services, random);
  }

  async start(): Promise<void> {
    const { log, settings, workers } = this.#services;
    await workers.start();
    this.#tickLater();
    this.#member = await this.#options.membership.join({
      consumerGroup: executorsGroup,
      partitions: log.partitions,
      sessionMs: settings.sessionMs,
      owned: () => this.#assignment.partitions.map(({ partition }) => partition),
      onAssigned: (partitions) => {
        if (this.#stopped) return;
        this.#assignedOnce = true;
        this.#assignment.assign(partitions);
      },
    });
  }

  async stop({ drainMs }: { readonly drainMs: number }): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelTick();
    await this.#assignment.close(drainMs);
    await this.#member?.leave();
    await this.#services.workers.close();
    await this.#services.readings.close();
  }

  status(): ExecutorStatus {
    const { member, live } = this.#services;
    const owned = this.#assignment.partitions;
    return {
      member,
      ready: this.#assignedOnce && owned.every(({ phase }) => phase === 'running'),
      liveBytes: live.total,
      partitions: owned.map((partition) => partition.status()),
    };
  }

  #tickLater(): void {
    const { clock, settings } = this.#services;
    const delayMs = Math.min(TICK_MS, settings.sessionMs / TICKS_PER_SESSION);
    this.#cancelTick = clock.after(delayMs, () => this.#tick());
  }

  #tick(): void {
    this.#assignment.reconcile();
    void this.#services.workers.tick();
    for (const partition of this.#assignment.partitions) partition.tick();
    this.#measure();
    this.#tickLater();
  }

  #measure(): void {
    const { metrics } = this.#services;
    const running = this.#assignment.partitions.flatMap((owned) => owned.running ?? []);
    const sum = (of: (partition: (typeof running)[number]) => number): number =>
      running.reduce((total, partition) => total + of(partition), 0);
    metrics.gauge('millrace_partitions_owned', running.length);
    metrics.gauge(
      'millrace_live_executions',
      sum((partition) => partition.executions),
    );
    metrics.gauge(
      'millrace_effects_unacknowledged',
      sum((partition) => partition.unacknowledged),
    );
    for (const topic of ['starts', 'commands'] as const) {
      const labels = { topic, consumer_group: executorsGroup };
      metrics.gauge(
        'millrace_consumer_lag_records',
        sum((one) => one.lag(topic)),
        labels,
      );
    }
  }
}

function definitionsOf({ flows, catalog, globals, log }: ExecutorOptions): Definitions {
  const { registry } = flows;
  return {
    revision: (namespace, flow, revision) => registry.revision(namespace, flow, revision),
    head: (namespace, flow, flowsOffset) => registry.head(namespace, flow, flowsOffset),
    catalog,
    partitions: log.partitions,
    globals,
  };
}
