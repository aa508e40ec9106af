/**
 * One ownership of one partition, from the wish to have it to its end. It is never used twice: whoever wants
 * the partition again makes a new one.
 *
 *   opening ──(fenced off others)──▶ restoring ──(state complete)──▶ running ──(stop, reopening)──▶ draining
 *      │                                 │                              │                              │
 *      └────────────(revoked, fenced, disturbed, closed)────────────────┴──────────────────────────────┴──▶ lost
 *      └────────────(the log cannot be understood, a fault of ours)─────┴───────▶ stopped
 *
 * `lost` is everyday life: the executor opens the partition anew if it is still assigned. `stopped` is not: it
 * is said loudly, the partition stays down until it is assigned anew or the process starts again, and all
 * other partitions go on.
 */
import { FatalError, TerminalError } from '../model/errors.ts';
import type { Logger } from '../ports/logger.ts';
import { assert } from '../support/assert.ts';
import { type LossReason, PartitionLost } from './partition-lost.ts';
import { RunningPartition } from './running-partition.ts';
import type { Services } from './services.ts';
import { type TakenOver, takeOver } from './takeover.ts';

export type PartitionPhase = 'opening' | 'restoring' | 'running' | 'draining' | 'lost' | 'stopped';

const phasesAfter: Readonly<Record<PartitionPhase, readonly PartitionPhase[]>> = {
  opening: ['restoring', 'lost', 'stopped'],
  restoring: ['running', 'lost', 'stopped'],
  running: ['draining', 'lost', 'stopped'],
  draining: ['lost', 'stopped'],
  lost: [],
  stopped: [],
};

export interface OwnedPartitionOptions {
  readonly services: Services;
  readonly partition: number;
  /** Why it is opened: `assigned`, or what ended the ownership before. */
  readonly reason: 'assigned' | LossReason;
  /** The ownership before ended because somebody else wrote to `checkpoints`. */
  readonly rewrite: boolean;
  /** Called once. */
  readonly onEnd: (ended: OwnedPartition) => void;
}

export class OwnedPartition {
  readonly partition: number;
  readonly #options: OwnedPartitionOptions;
  readonly #services: Services;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  #phase: PartitionPhase = 'opening';
  #epoch: number | undefined;
  #running: RunningPartition | undefined;
  #lossReason: LossReason | undefined;
  #problem: FatalError | undefined;

  constructor(options: OwnedPartitionOptions) {
    const { services, partition } = options;
    this.partition = partition;
    this.#options = options;
    this.#logger = services.logger.child({ partition });
    this.#services = { ...services, logger: this.#logger };
  }

  get phase(): PartitionPhase {
    return this.#phase;
  }

  /** Set once `lost`. */
  get lossReason(): LossReason | undefined {
    return this.#lossReason;
  }

  /** What works here; undefined before and after. */
  get running(): RunningPartition | undefined {
    return this.#running;
  }

  open(): void {
    const { metrics } = this.#services;
    metrics.count('millrace_partition_opened_total', { reason: this.#options.reason });
    this.#open().catch((error: unknown) => this.#end(error));
  }

  tick(): void {
    this.#running?.tick();
  }

  /** Finishes what was begun, for `deadlineMs` at most, and gives the partition up. */
  async drain(deadlineMs: number, reason: LossReason): Promise<void> {
    if (this.#phase === 'running') {
      this.#enter('draining');
      await this.#running?.drain(deadlineMs);
    }
    this.lose(reason);
  }

  /** Gives the partition up at once. */
  lose(reason: LossReason): void {
    this.#end(new PartitionLost(reason));
  }

  status() {
    return {
      partition: this.partition,
      phase: this.#phase,
      epoch: this.#epoch,
      problem: this.#problem?.message,
      ...this.#running?.status(),
    };
  }

  async #open(): Promise<void> {
    const { clock, metrics } = this.#services;
    const began = clock.monotonic();
    const taken = await takeOver(this.#services, this.partition, this.#abort.signal, (epoch) => {
      this.#epoch = epoch;
      this.#enter('restoring');
    });
    // Executions go on with the revision that they began with, and the replica may be younger than they.
    await this.#services.flows.current(this.#abort.signal);
    if (this.#abort.signal.aborted) {
      taken.writer.close();
      taken.live.close();
      return;
    }
    this.#running = new RunningPartition({
      services: this.#services,
      taken,
      rewrite: this.#options.rewrite,
      onEnd: (error) => this.#end(error),
    });
    const repeated = await this.#running.begin();
    if (this.#phase !== 'restoring') return;
    this.#enter('running');
    const tookMs = clock.monotonic() - began;
    metrics.observe('millrace_restore_seconds', tookMs / 1_000);
    metrics.count('millrace_records_ignored_total', { topic: 'events' }, taken.ignored);
    this.#report(taken, repeated, tookMs);
  }

  #report(taken: TakenOver, repeated: number, tookMs: number): void {
    const { marker, epoch, events, ignored } = taken;
    const from =
      marker === undefined
        ? 'the beginning of its events'
        : `checkpoint ${marker.n} at position ${marker.position}`;
    this.#logger.info(
      {
        epoch,
        reason: this.#options.reason,
        checkpoint: marker?.n,
        position: marker?.position,
        events,
        ignored,
        repeated_effects: repeated,
        executions: this.#running?.executions,
        took_ms: Math.round(tookMs),
      },
      `partition ${this.partition} restored from ${from}`,
    );
    if (this.#running?.careful === true) {
      this.#logger.warn({ epoch }, 'earlier owners got nothing done: inputs are taken one by one');
    }
  }

  #enter(phase: PartitionPhase): void {
    if (this.#phase === 'lost' || this.#phase === 'stopped') return;
    assert(phasesAfter[this.#phase].includes(phase), `${this.#phase} is not followed by ${phase}`);
    this.#phase = phase;
  }

  /** The one way out of every phase. */
  #end(error: unknown): void {
    if (this.#phase === 'lost' || this.#phase === 'stopped') return;
    const { metrics } = this.#services;
    const loss = lossFrom(error);
    if (loss !== undefined) {
      this.#enter('lost');
      this.#lossReason = loss.reason;
      metrics.count('millrace_partition_lost_total', { reason: loss.reason });
      this.#logger.info({ epoch: this.#epoch, reason: loss.reason }, loss.message);
    } else {
      this.#enter('stopped');
      this.#problem = fatal(error, this.partition);
      metrics.count('millrace_partition_lost_total', { reason: this.#problem.code });
      this.#logger.error(
        { epoch: this.#epoch, code: this.#problem.code, err: error },
        `partition ${this.partition} has stopped: ${this.#problem.message}`,
      );
    }
    this.#running?.close();
    this.#running = undefined;
    this.#abort.abort(error);
    this.#options.onEnd(this);
  }
}

/** What the log says while the partition is opened is a loss, too. */
function lossFrom(error: unknown): PartitionLost | undefined {
  if (error instanceof PartitionLost) return error;
  if (!(error instanceof TerminalError || error instanceof FatalError)) return undefined;
  if (error.code === 'log-closed') return new PartitionLost('closed');
  // Retention went on between the look at the bounds and the reading: the next opening sees it.
  if (error.code === 'offset-out-of-range') return new PartitionLost('disturbed', error.message);
  return undefined;
}

function fatal(error: unknown, partition: number): FatalError {
  if (error instanceof FatalError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new FatalError(
    'partition-fault',
    `a fault of ours in partition ${partition}: ${message}. Its state is safe in the log; please report it`,
    { cause: error },
  );
}
