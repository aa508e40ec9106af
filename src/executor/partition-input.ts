/**
 * What a partition reads and finds out, as inputs in the order they are to be stepped; and how much of it is
 * read ahead. `starts` is paused while there is much to do or too much alive, `commands` only while more of
 * them are queued than memory allows for: nothing that has begun waits for room elsewhere.
 */
import type { EffectRefusedInput, Input } from '../engine/input.ts';
import type { PartitionState } from '../engine/partition-state.ts';
import { FatalError } from '../model/errors.ts';
import { limits } from '../model/limits.ts';
import type { DamagedRange, FetchedBatch, LogBounds } from '../ports/log.ts';
import { Agendas } from './agendas.ts';
import type { BrokerTime } from './broker-time.ts';
import { Commands } from './commands.ts';
import { ForwardedStarts } from './forwarded-starts.ts';
import { type Candidate, Inputs } from './inputs.ts';
import { LogEnd } from './log-end.ts';
import { Notices } from './notices.ts';
import type { Reader, Reading, InputTopic } from './readings.ts';
import type { RecordQueue } from './record-queue.ts';
import type { Services } from './services.ts';
import { StartGate } from './start-gate.ts';
import { Starts } from './starts.ts';
import { Timers } from './timers.ts';

export interface PartitionInputOptions {
  readonly services: Services;
  readonly state: PartitionState;
  readonly brokerTime: BrokerTime;
  /** Called when there may be something to step. */
  readonly wake: () => void;
  /** The log does not hold what the state says was read: the partition cannot go on. */
  readonly onBroken: (error: FatalError) => void;
}

export class PartitionInput implements Reader {
  readonly #options: PartitionInputOptions;
  readonly #closed = new AbortController();
  readonly #commands: Commands;
  readonly #starts: Starts;
  readonly #gate: StartGate;
  readonly #forwarded: ForwardedStarts;
  readonly #timers: Timers;
  readonly #notices: Notices;
  readonly #inputs: Inputs;
  readonly #endRoom: () => void;
  readonly #ends = new Map<InputTopic, number>();
  #reading: Reading | undefined;

  constructor(options: PartitionInputOptions) {
    this.#options = options;
    const { services, state, brokerTime, wake } = options;
    const { log, clock, flows } = services;
    const { partition } = state;
    const { signal } = this.#closed;
    const commandsEnd = new LogEnd(
      async () => (await log.bounds('commands', partition, signal)).end,
      wake,
    );
    const positions = () => state.positions;
    const passed = (behind: typeof state.positions): void => void (state.positions = behind);
    this.#gate = new StartGate(flows, wake);
    this.#forwarded = new ForwardedStarts({ flows, clock, wake });
    this.#commands = new Commands({
      partition,
      forwarded: this.#forwarded,
      positions,
      onPassed: passed,
    });
    this.#starts = new Starts({
      partition,
      gate: this.#gate,
      held: () => services.live.full,
      positions,
      onPassed: passed,
    });
    this.#endRoom = services.live.onRoom(wake);
    this.#timers = new Timers({ state, brokerTime, commandsEnd, clock, wake });
    this.#notices = new Notices(state, commandsEnd);
    this.#inputs = new Inputs({
      commands: this.#commands,
      others: [this.#notices, this.#timers, new Agendas(state)],
      starts: this.#starts,
    });
  }

  /** Begins to read from the state's positions. */
  open(): void {
    const { services, state } = this.#options;
    const { nextStart, nextCommand } = state.positions;
    const from = { starts: nextStart, commands: nextCommand };
    this.#reading = services.readings.open(state.partition, this, from);
  }

  next(): Candidate | undefined {
    return this.#inputs.next();
  }

  accept(candidate: Candidate): void {
    this.#inputs.accept(candidate);
  }

  refused(input: EffectRefusedInput): void {
    this.#notices.refused(input);
    this.#options.wake();
  }

  /** @param name equal for the same finding. */
  found(name: string, input: Input): void {
    this.#notices.found(name, input);
    this.#options.wake();
  }

  /** After every turn: what is read ahead, and when the next timer is due, may have changed. */
  settle(): void {
    const { services } = this.#options;
    const bytes = this.#starts.queue.bytes + this.#commands.queue.bytes;
    this.#pause('commands', this.#commands.queue, bytes, false);
    this.#pause('starts', this.#starts.queue, bytes, services.live.full);
    this.#timers.arm();
  }

  /** Records queued here. */
  get queued(): number {
    return this.#starts.queue.size + this.#commands.queue.size;
  }

  /** Records of a topic that are in the log and not yet stepped, as far as is known here. */
  lag(topic: InputTopic): number {
    const { nextStart, nextCommand } = this.#options.state.positions;
    const end = this.#ends.get(topic) ?? 0;
    return Math.max(0, end - (topic === 'starts' ? nextStart : nextCommand));
  }

  onRecords(topic: InputTopic, batch: FetchedBatch): void {
    this.#ends.set(topic, batch.highWatermark);
    if (topic === 'starts') {
      this.#starts.read(batch);
    } else {
      // Only our own write here: in `starts` a wrongly set topic would let anybody's clock in.
      const newest = batch.records.at(-1);
      if (newest !== undefined) this.#options.brokerTime.observe(newest.timestampMs);
      this.#commands.read(batch);
    }
    this.settle();
    this.#options.wake();
  }

  onDamaged(topic: InputTopic, range: DamagedRange): void {
    const queue = topic === 'starts' ? this.#starts.queue : this.#commands.queue;
    const nowMs = this.#options.brokerTime.now();
    queue.pushDamaged(range, Math.floor(Math.max(0, nowMs)));
    this.#options.wake();
  }

  onOutOfRange(topic: InputTopic, { start, end }: LogBounds): void {
    const { services, state, onBroken } = this.#options;
    const { nextStart, nextCommand } = state.positions;
    const position = topic === 'starts' ? nextStart : nextCommand;
    if (position > end) {
      onBroken(
        new FatalError(
          'positions-beyond-log',
          `partition ${state.partition} has read ${topic} up to ${position}, but it ends at ${end}: ` +
            'the topic was created anew or has lost records. Restore it from a backup',
        ),
      );
      return;
    }
    services.logger.error(
      { partition: state.partition, topic, position, start },
      `records of ${topic} before ${start} expired before they were read: they are lost`,
    );
    const queue = topic === 'starts' ? this.#starts.queue : this.#commands.queue;
    queue.pushNothing(start);
    this.#reading?.assign(topic, start);
    this.#options.wake();
  }

  close(): void {
    this.#closed.abort();
    this.#endRoom();
    this.#reading?.close();
    this.#timers.close();
    this.#gate.close();
    this.#forwarded.close();
  }

  /** Pauses at the limit, resumes at half of it, so that a queue at its limit does not flap. */
  #pause(topic: InputTopic, queue: RecordQueue, bytes: number, full: boolean): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const share = reading.isPaused(topic) ? 2 : 1;
    const over =
      queue.size * share >= limits.queuedInputs.value ||
      bytes * share >= limits.queuedInputBytes.value;
    reading.setPaused(topic, full || over);
  }
}
