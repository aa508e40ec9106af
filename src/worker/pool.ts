import { partitionOf, type TaskRunId } from '../model/ids.ts';
import { limits } from '../model/limits.ts';
import type { CancelRequest, TaskDispatch } from '../model/records.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Log, LogProducer } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Membership } from '../ports/membership.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import { encodeCommand } from '../records/commands.ts';
import { Heartbeats } from './heartbeats.ts';
import { Intake, type ReadDispatch } from './intake.ts';
import { Masker } from '../plugin/masking.ts';
import { RecentSet } from './recent-set.ts';
import { TaskLog } from './task-log.ts';
import { runDispatch, type TaskRunTools } from './task-run.ts';

export interface PoolOptions {
  readonly log: Log;
  readonly membership: Membership;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tools: TaskRunTools;
  readonly workerGroup: string;
  /** Task runs at a time. */
  readonly slots: number;
  readonly sessionMs: number;
}

interface Running extends ReadDispatch {
  readonly abort: AbortController;
  /** Monotonic, ms. */
  readonly startedAt: number;
  lease: 'none' | 'asked' | 'held';
  /** Its result is nobody's: it was handed out again, or will be. */
  abandoned: boolean;
  done: Promise<void>;
}

const COMMIT_EVERY_MS = 500;
const LEASE_SCAN_MS = 250;
const REJOIN_WAIT_MS = 2_000;
const REMEMBERED_DISPATCHES = 10_000;

/**
 * This process's share of a worker group.
 *
 * A dispatch is read → waits for a slot → runs → its result is sent → its offset is settled; the contiguous
 * prefix of settled offsets is committed twice a second. One that runs longer than a second takes a lease
 * (`task.started`): from its acknowledgement on the executor watches this worker's heartbeats instead of the
 * offset, and the offset is settled. What is lost by a crash is therefore either read again by another
 * member, or handed out again by the executor; the dispatch number makes all but one result void.
 *
 * Partitions come and go. What waits for a lost partition is forgotten (its new member reads it); what runs
 * goes on, since its result is as good as another's.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #producer: LogProducer;
  readonly #intake: Intake;
  readonly #heartbeats: Heartbeats;
  readonly #running = new Map<TaskRunId, Running>();
  readonly #finished = new RecentSet(REMEMBERED_DISPATCHES);
  readonly #cancelled = new RecentSet(REMEMBERED_DISPATCHES);
  readonly #ended = new AbortController();
  #waiting: ReadDispatch[] = [];
  /** Results sent and not yet acknowledged; they keep their slots busy, so results are bounded too. */
  #sending = 0;
  #stopping = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#clock = options.tools.clock;
    this.#producer = options.log.producer();
    this.#intake = new Intake({
      ...options,
      clock: this.#clock,
      producer: this.#producer,
      onDispatches: (dispatches) => {
        this.#waiting.push(...dispatches);
        this.#pump();
      },
      onCancel: (cancel) => {
        this.#onCancel(cancel);
      },
      onLost: (lost) => {
        this.#waiting = this.#waiting.filter(({ partition }) => partition !== lost);
      },
      beforeRejoin: () => this.#settleBeforeRejoin(),
    });
    this.#heartbeats = new Heartbeats({
      producer: this.#producer,
      clock: this.#clock,
      workerGroup: options.workerGroup,
      sessionMs: options.sessionMs,
      newIncarnation: () => options.random.id(),
      state: () => ({
        slots: options.slots,
        running: this.#running.size,
        leases: [...this.#running.values()]
          .filter(({ lease }) => lease !== 'none')
          .map(({ dispatch }) => ({ taskRun: dispatch.taskRun, dispatch: dispatch.dispatch })),
      }),
      onGone: () => {
        this.#abandonLeased('the worker was out of touch for longer than its session');
      },
    });
  }

  get running(): number {
    return this.#running.size;
  }

  async start(): Promise<void> {
    const { metrics, slots, workerGroup } = this.#options;
    metrics.gauge('millrace_worker_slots', slots, { worker_group: workerGroup });
    this.#heartbeats.start();
    await this.#intake.start();
    void this.#every(LEASE_SCAN_MS, () => {
      void this.#takeLeases(limits.leaseAfterMs.value);
      return Promise.resolve();
    });
    void this.#every(COMMIT_EVERY_MS, () => this.#intake.commit());
  }

  /** Finishes what it can within `graceMs`, hands back the rest, leaves. */
  async stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#intake.stopReading();
    this.#waiting = [];
    await this.#idleWithin(graceMs);
    this.#abandonAll('the worker stops');
    await this.#intake.commit();
    this.#ended.abort();
    await this.#heartbeats.stop();
    await this.#intake.leave();
    this.#producer.close();
  }

  #onCancel({ taskRun, dispatch }: CancelRequest): void {
    // A cancel may overtake its dispatch: they come from different topics.
    this.#cancelled.add(nameOf(taskRun, dispatch));
    const running = this.#running.get(taskRun);
    if (running !== undefined && running.dispatch.dispatch <= dispatch) {
      running.abort.abort(new Error('the task run was killed'));
    }
  }

  // ---- running ----

  #pump(): void {
    while (!this.#stopping && this.#running.size + this.#sending < this.#options.slots) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#begin(next);
    }
    // Reading on only while there are slots for what is read: bounded memory, and others get their share.
    this.#intake.pause(this.#waiting.length >= this.#options.slots);
  }

  #begin(read: ReadDispatch): void {
    const { taskRun, dispatch } = read.dispatch;
    const name = nameOf(taskRun, dispatch);
    const former = this.#running.get(taskRun);
    const repeated = former !== undefined && former.dispatch.dispatch >= dispatch;
    if (repeated || this.#finished.has(name) || this.#cancelled.has(name)) {
      this.#options.metrics.count('millrace_duplicates_total', { kind: 'dispatch' });
      this.#intake.settle(read.partition, read.offset);
      return;
    }
    if (former !== undefined) {
      this.#abandon(former, 'it was handed out again');
      this.#intake.settle(former.partition, former.offset);
    }
    const running: Running = {
      ...read,
      abort: new AbortController(),
      startedAt: this.#clock.monotonic(),
      lease: 'none',
      abandoned: false,
      done: Promise.resolve(),
    };
    this.#running.set(taskRun, running);
    running.done = this.#run(running);
  }

  async #run(running: Running): Promise<void> {
    const { dispatch, abort } = running;
    const { log, tools } = this.#options;
    const masker = new Masker();
    const taskLog = new TaskLog(log, this.#producer, this.#clock, dispatch, masker);
    const worker = this.#heartbeats.incarnation;
    const record = await runDispatch(
      { dispatch, worker, signal: abort.signal, masker, log: taskLog },
      tools,
    );
    this.#observe(running);
    if (this.#running.get(dispatch.taskRun) === running) this.#running.delete(dispatch.taskRun);
    if (!running.abandoned) {
      this.#finished.add(nameOf(dispatch.taskRun, dispatch.dispatch));
      this.#sending += 1;
      // The lines first: who sees the end of a task sees its log.
      await taskLog.flushed();
      const sent = await this.#producer.send('commands', this.#homeOf(dispatch), record);
      this.#sending -= 1;
      if (sent.kind !== 'closed') this.#intake.settle(running.partition, running.offset);
    }
    this.#pump();
  }

  #homeOf(dispatch: TaskDispatch): number {
    return partitionOf(dispatch.execution, this.#options.log.partitions);
  }

  #observe({ startedAt, dispatch, abandoned }: Running): void {
    const { metrics, workerGroup } = this.#options;
    metrics.observe('millrace_task_run_seconds', (this.#clock.monotonic() - startedAt) / 1_000, {
      type: dispatch.taskType,
      state: abandoned ? 'abandoned' : 'done',
    });
    metrics.gauge('millrace_worker_running', this.#running.size, { worker_group: workerGroup });
  }

  // ---- leases and leaving ----

  /** Asks for leases of everything that has run for `afterMs`; resolves when they are held or lost. */
  async #takeLeases(afterMs: number): Promise<void> {
    const now = this.#clock.monotonic();
    const due = [...this.#running.values()].filter(
      ({ lease, startedAt }) => lease === 'none' && now - startedAt >= afterMs,
    );
    await Promise.all(due.map((running) => this.#takeLease(running)));
  }

  async #takeLease(running: Running): Promise<void> {
    const { dispatch, partition, offset } = running;
    running.lease = 'asked';
    const command = encodeCommand({
      type: 'task.started',
      execution: dispatch.execution,
      taskRun: dispatch.taskRun,
      dispatch: dispatch.dispatch,
      worker: this.#heartbeats.incarnation,
    });
    const sent = await this.#producer.send('commands', this.#homeOf(dispatch), command);
    if (sent.kind !== 'acknowledged') return;
    running.lease = 'held';
    this.#intake.settle(partition, offset);
  }

  async #settleBeforeRejoin(): Promise<void> {
    await this.#idleWithin(REJOIN_WAIT_MS / 2);
    const enough = sleep(this.#clock, REJOIN_WAIT_MS / 2, this.#ended.signal);
    await Promise.race([this.#takeLeases(0), enough]);
    await this.#intake.commit();
  }

  async #idleWithin(milliseconds: number): Promise<void> {
    const done = Promise.all([...this.#running.values()].map((running) => running.done));
    const waited = new AbortController();
    await Promise.race([done, sleep(this.#clock, milliseconds, waited.signal)]);
    waited.abort();
  }

  /**
   * The executor hands out again what a gone worker holds leases on. Of the rest it knows nothing, and nobody
   * else reads it while the partition is ours: it goes on, under the new incarnation.
   */
  #abandonLeased(why: string): void {
    for (const running of this.#running.values()) {
      if (running.lease !== 'none') this.#abandon(running, why);
    }
  }

  #abandonAll(why: string): void {
    for (const running of this.#running.values()) this.#abandon(running, why);
  }

  #abandon(running: Running, why: string): void {
    running.abandoned = true;
    this.#running.delete(running.dispatch.taskRun);
    running.abort.abort(new Error(why));
  }

  async #every(milliseconds: number, work: () => Promise<void>): Promise<void> {
    for (;;) {
      await sleep(this.#clock, milliseconds, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      await work();
    }
  }
}

function nameOf(taskRun: TaskRunId, dispatch: number): string {
  return `${taskRun}/${dispatch}`;
}
