import { limits } from '../model/limits.ts';
import { partitionOf } from '../model/ids.ts';
import type { LogLevel, TaskDispatch } from '../model/records.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogProducer } from '../ports/log.ts';
import { encodeLogLine } from '../records/logs.ts';
import type { Masker } from './masking.ts';

/** Lines of a task that may wait for the log; beyond it lines are dropped and their number is said. */
const LINES_MAX = 10_000;

/** One task run's way to `logs`: masked, cut, bounded. */
export class TaskLog {
  readonly #log: Log;
  readonly #producer: LogProducer;
  readonly #clock: Clock;
  readonly #dispatch: TaskDispatch;
  readonly #masker: Masker;
  readonly #partition: number;
  readonly #waiting = new Set<Promise<unknown>>();
  #dropped = 0;

  constructor(
    log: Log,
    producer: LogProducer,
    clock: Clock,
    dispatch: TaskDispatch,
    masker: Masker,
  ) {
    this.#log = log;
    this.#producer = producer;
    this.#clock = clock;
    this.#dispatch = dispatch;
    this.#masker = masker;
    this.#partition = partitionOf(dispatch.execution, this.#log.partitions);
  }

  write(level: LogLevel, message: string): void {
    if (this.#waiting.size >= LINES_MAX) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#send('warn', `${dropped} lines were dropped: the log is slower than the task`);
    }
    this.#send(level, message);
  }

  /** Resolves when every line so far has been taken (or refused) by the log. */
  async flushed(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  #send(level: LogLevel, message: string): void {
    const { execution, taskRun, task } = this.#dispatch;
    const line = {
      execution,
      taskRun,
      task,
      level,
      message: cut(this.#masker.text(message)),
      timeMs: this.#clock.now(),
    };
    const sent = this.#producer.send('logs', this.#partition, encodeLogLine(line)).then(() => {
      this.#waiting.delete(sent);
    });
    this.#waiting.add(sent);
  }
}

function cut(message: string): string {
  const bytesMax = limits.logMessageBytes.value;
  if (message.length * 3 <= bytesMax) return message;
  const bytes = Buffer.from(message);
  if (bytes.length <= bytesMax) return message;
  const kept = bytes
    .subarray(0, bytesMax)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return `${kept} … (cut: ${bytes.length} bytes)`;
}
