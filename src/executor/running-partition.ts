/**
 * A partition at work: inputs in, one append after the other, effects out.
 *
 *   turn: step inputs into a batch ──▶ append ──▶ acknowledged: effects, checkpoint slice ──▶ next turn
 *
 * Nothing is stepped while an append is in flight, so at an acknowledgement the live state is exactly the
 * acknowledged one, and what arrives meanwhile goes into the next append. Whatever goes wrong with the log
 * ends the partition (`onEnd`); its state is then worth nothing, and the next owner builds it from the log.
 * In careful mode (careful.ts) each input is announced by an append of its own and committed alone.
 */
import type { PartitionState } from '../engine/partition-state.ts';
import type { Event } from '../model/events.ts';
import { taskRunId } from '../model/ids.ts';
import { limits } from '../model/limits.ts';
import type { Batch } from './batch.ts';
import { CarefulMode, nameOf } from './careful.ts';
import { CheckpointWriter, type Progress } from './checkpoint-writer.ts';
import type { DispatchShare } from './dispatch-balance.ts';
import { EffectLanes } from './effect-lanes.ts';
import { EventAppender } from './event-appender.ts';
import { findings } from './findings.ts';
import type { Candidate } from './inputs.ts';
import { Pace } from './pace.ts';
import { PartitionInput } from './partition-input.ts';
import { PartitionMetrics } from './partition-metrics.ts';
import type { InputTopic } from './readings.ts';
import type { Services } from './services.ts';
import { Stepper } from './stepper.ts';
import type { TakenOver } from './takeover.ts';
import type { TurnTaker } from './turns.ts';

const CONDEMNED = 'it ended the process of three owners of its partition, one after the other';

export interface RunningPartitionOptions {
  readonly services: Services;
  readonly taken: TakenOver;
  /** All checkpoint pages are to be written again, whatever the restore found. */
  readonly rewrite: boolean;
  /** Called once, with PartitionLost, FatalError, or a fault of ours. The partition does nothing more. */
  readonly onEnd: (error: unknown) => void;
}

export class RunningPartition implements TurnTaker {
  readonly #services: Services;
  readonly #taken: TakenOver;
  readonly #state: PartitionState;
  readonly #onEnd: (error: unknown) => void;
  readonly #input: PartitionInput;
  readonly #stepper: Stepper;
  readonly #share: DispatchShare;
  readonly #lanes: EffectLanes;
  readonly #checkpoints: CheckpointWriter;
  readonly #careful: CarefulMode;
  readonly #appender: EventAppender;
  readonly #metrics: PartitionMetrics;
  /** Set once every effect that must be repeated is on its way: before that, `confirmed` is not known. */
  #begun = false;
  /** Careful mode: the input that the newest `input.began` names. */
  #announced: Candidate | undefined;
  #closed = false;
  /** Set while the partition drains: ends the wait. */
  #draining: (() => void) | undefined;
  #finalCheckpointAsked = false;

  constructor({ services, taken, rewrite, onEnd }: RunningPartitionOptions) {
    const { clock, logger, metrics, settings, log } = services;
    const { state, writer, epoch, brokerTime, marker } = taken;
    this.#services = services;
    this.#taken = taken;
    this.#state = state;
    this.#onEnd = onEnd;
    this.#careful = new CarefulMode(taken.owners);
    this.#metrics = new PartitionMetrics(metrics);
    this.#share = services.balance.share();
    const wake = (): void => services.turns.request(this);
    const { definitions } = services;
    this.#stepper = new Stepper({ state, definitions, metrics: this.#metrics, logger });
    this.#appender = new EventAppender({
      taken,
      clock,
      onCommitted: (...committed) => this.#committed(...committed),
      onEnd: (error) => this.#end(error),
    });
    this.#input = new PartitionInput({
      services,
      state,
      brokerTime,
      wake,
      onBroken: (error) => this.#end(error),
    });
    this.#lanes = new EffectLanes({
      partition: state.partition,
      partitions: log.partitions,
      producer: log.producer(),
      share: this.#share,
      metrics,
      through: taken.through,
      onRefused: (input) => this.#input.refused(input),
      onSettled: () => this.#settled(),
    });
    this.#checkpoints = new CheckpointWriter({
      writer,
      state,
      epoch,
      clock,
      logger,
      metrics,
      intervalMs: settings.checkpointIntervalMs,
      eventsMax: settings.checkpointEvents,
      restoredFrom: marker,
      restoredFromAgeMs: Math.max(0, brokerTime.now() - taken.markedAtMs),
      rewrite: rewrite || taken.rewrite,
      strays: taken.strays,
      openedBefore: taken.openedBefore,
      confirmation: () => this.#lanes,
      onWritten: () => this.#settled(),
      onEnd: (error) => this.#end(error),
    });
  }

  /** Repeats the effects that the last owner may not have got through, then begins to take input. */
  async begin(): Promise<number> {
    const pace = new Pace(this.#services.clock);
    let repeated = 0;
    for (const { event, place } of this.#taken.unconfirmed) {
      if (this.#closed) return repeated;
      repeated += this.#lanes.repeat(event, place, this.#state);
      if (pace.due()) await pace.breathe();
    }
    if (this.#closed) return repeated;
    this.#begun = true;
    this.#input.open();
    this.#settled();
    return repeated;
  }

  turn(): void {
    if (!this.#isAtWork) return;
    try {
      if (this.#mayStep()) this.#step();
      this.#input.settle();
    } catch (error) {
      this.#end(error);
    }
  }

  /** Once a second: what only time tells. */
  tick(): void {
    if (!this.#isAtWork) return;
    try {
      const { workers, settings } = this.#services;
      const { brokerTime } = this.#taken;
      for (const { name, input } of findings(this.#state, workers, brokerTime, settings)) {
        this.#input.found(name, input);
      }
      if (this.#noopIsDue()) this.#appendNoop();
      this.#acknowledged();
      this.#services.turns.request(this);
    } catch (error) {
      this.#end(error);
    }
  }

  /**
   * Takes no more input; resolves when what was begun is acknowledged, its effects too, and a checkpoint says
   * so, or after `deadlineMs`. The partition is then to be closed.
   */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    const { clock, carefulTurn } = this.#services;
    carefulTurn.leave(this);
    await new Promise<void>((resolve) => {
      const cancel = clock.after(deadlineMs, resolve);
      this.#draining = () => {
        cancel();
        resolve();
      };
      this.#settled();
    });
  }

  /** Forgets everything at once; what is in flight may or may not come to the log. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#services.carefulTurn.leave(this);
    this.#input.close();
    this.#lanes.close();
    this.#appender.close();
    this.#taken.live.close();
    this.#draining?.();
  }

  get executions(): number {
    return this.#state.executionCount;
  }

  get unacknowledged(): number {
    return this.#lanes.unacknowledged;
  }

  get careful(): boolean {
    return this.#careful.active;
  }

  lag(topic: InputTopic): number {
    return this.#input.lag(topic);
  }

  status() {
    return {
      executions: this.executions,
      unacknowledgedEffects: this.unacknowledged,
      queuedInputs: this.#input.queued,
      position: this.#appender.through.offset,
      confirmed: this.#lanes.confirmed,
      ...this.#state.positions,
      checkpoint: this.#checkpoints.marker,
    };
  }

  get #isAtWork(): boolean {
    return this.#begun && !this.#closed;
  }

  #mayStep(): boolean {
    return (
      !this.#appender.inFlight &&
      this.#draining === undefined &&
      !this.#lanes.full &&
      !this.#checkpoints.full
    );
  }

  #step(): void {
    const batch = this.#newBatch();
    const more = this.#careful.active ? this.#stepCarefully(batch) : this.#stepAll(batch);
    if (!batch.empty) {
      this.#append(batch);
      return;
    }
    // Steps without events change nothing that would have to be in the log before this is settled.
    for (const refusal of batch.refusals) this.#lanes.refusalCommitted(refusal);
    this.#metrics.flush();
    if (more) this.#services.turns.request(this);
  }

  /** @returns true when the time of the turn was used up before the inputs were. */
  #stepAll(batch: Batch): boolean {
    const { clock } = this.#services;
    const began = clock.monotonic();
    for (;;) {
      const candidate = this.#input.next();
      if (candidate === undefined || !this.#stepper.step(batch, candidate)) return false;
      this.#input.accept(candidate);
      const tookMs = clock.monotonic() - began;
      if (batch.inputs === 1) this.#metrics.stepTook(candidate.input, tookMs);
      if (tookMs >= limits.turnMs.value) return true;
    }
  }

  #stepCarefully(batch: Batch): boolean {
    const candidate = this.#announced ?? this.#input.next();
    if (candidate === undefined) return false;
    const condemned = this.#careful.condemns(candidate.input);
    if (this.#announced === undefined && !condemned) {
      if (!this.#services.carefulTurn.take(this)) return false;
      this.#announced = candidate;
      batch.addInputBegan(nameOf(candidate.input), this.#state.positions);
      return false;
    }
    this.#announced = undefined;
    this.#stepper.step(batch, candidate, condemned ? CONDEMNED : undefined);
    this.#input.accept(candidate);
    this.#careful.committed();
    if (batch.empty) batch.addNoop(this.#state.positions);
    return true;
  }

  #newBatch(): Batch {
    return this.#appender.newBatch(this.#lanes.confirmed);
  }

  #append(batch: Batch): void {
    this.#appender.append(batch);
  }

  #committed(batch: Batch, baseOffset: number, tookMs: number): void {
    const { epoch, batch: number } = batch.place;
    for (const [index, event] of batch.events.entries()) {
      this.#lanes.send(event, { offset: baseOffset + index, epoch, batch: number, index });
      this.#taken.live.event(event, batch.records[index]?.value?.length ?? 0);
      this.#releaseDispatch(event);
    }
    this.#lanes.reached(this.#appender.through);
    for (const refusal of batch.refusals) this.#lanes.refusalCommitted(refusal);
    if (this.#announced === undefined) this.#services.carefulTurn.leave(this);
    this.#metrics.appended(batch.events, tookMs);
    this.#checkpoints.appended(batch.records.length);
    this.#settled();
  }

  #releaseDispatch(event: Event): void {
    if (event.type !== 'task.ended' || this.#share.size === 0) return;
    this.#share.release(taskRunId(event.execution, event.run));
  }

  /** The broker forgets a silent producer; and senders of starts wait to see how far they were read. */
  #noopIsDue(): boolean {
    const { inFlight, silentMs } = this.#appender;
    if (inFlight || this.#announced !== undefined || this.#draining !== undefined) return false;
    return (
      silentMs >= this.#services.settings.silenceMs ||
      !this.#appender.hasRecorded(this.#state.positions)
    );
  }

  #appendNoop(): void {
    const batch = this.#newBatch();
    batch.addNoop(this.#state.positions);
    this.#append(batch);
  }

  /** Something was acknowledged or written: there may be room again, or nothing left to wait for. */
  #settled(): void {
    if (!this.#isAtWork) return;
    try {
      this.#acknowledged();
      if (this.#draining === undefined) this.#services.turns.request(this);
      else this.#drainFurther(this.#draining);
    } catch (error) {
      this.#end(error);
    }
  }

  #drainFurther(drained: () => void): void {
    if (this.#appender.inFlight || this.#lanes.unacknowledged > 0) return;
    // An owner that ends in order is no suspect: without this, stopping an idle process twice would make
    // the next one careful.
    if (this.#appender.owners.suspicious) return this.#appendNoop();
    if (!this.#finalCheckpointAsked) {
      this.#finalCheckpointAsked = true;
      this.#checkpoints.ask();
      this.#acknowledged();
    }
    if (this.#checkpoints.idle) drained();
  }

  #acknowledged(): void {
    if (this.#appender.inFlight || !this.#isAtWork) return;
    this.#checkpoints.acknowledged(this.#progress());
  }

  #progress(): Progress {
    return {
      through: this.#appender.through,
      positions: this.#state.positions,
      owners: this.#appender.owners.history,
    };
  }

  #end(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#onEnd(error);
  }
}
