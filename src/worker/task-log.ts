import { limits } from '../model/limits.ts';
import { partitionOf } from '../model/ids.ts';
import type { LogLevel, TaskDispatch } from '../model/records.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogProducer } from '../ports/log.ts';
import { encodeLogLine } from '../records/logs.ts';
import type { Masker } from '../plugin/masking.ts';

const SECOND_MS = 1_000;
/** What a line costs in memory beside its text. */
const LINE_BYTES = 300;

/**
 * One dispatch's way to `logs`: masked, cut, bounded, numbered.
 *
 * Lines beyond a limit are dropped, and a line says how many: before the next that passes, or when the task
 * ends. Three limits, each for another danger: lines a second (a loop that floods everybody who looks on),
 * lines in all (a loop for days), and what waits for the log (memory, while the brokers are away).
 *
 * Numbers rise by one from line to line. A dispatch that is given to another worker, because this one is lost,
 * is numbered from the beginning again: what it says again is then known as the same line (LogLine).
 */
export class TaskLog {
  readonly #log: Log;
  readonly #producer: LogProducer;
  readonly #clock: Clock;
  readonly #dispatch: TaskDispatch;
  readonly #masker: Masker;
  readonly #partition: number;
  readonly #waiting = new Set<Promise<unknown>>();
  #waitingBytes = 0;
  /** From when it is too much that waits until half of it has gone: else every other line would be dropped. */
  #isHeldUp = false;
  #number = 0;
  #windowStart = Number.NEGATIVE_INFINITY;
  #inWindow = 0;
  #dropped = 0;
  #why = '';

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
    const why = this.#refusal();
    if (why !== undefined) {
      this.#dropped += 1;
      this.#why = why;
      return;
    }
    this.#sayDropped();
    this.#inWindow += 1;
    this.#send(level, boundedMessage(message, this.#masker));
  }

  /** Resolves when every line so far has been taken (or refused) by the log. */
  async flushed(): Promise<void> {
    this.#sayDropped();
    await Promise.all(this.#waiting);
  }

  /** Why no line passes now. */
  #refusal(): string | undefined {
    const [second, all] = [limits.taskLogLinesPerSecond.value, limits.taskLogLines.value];
    if (this.#number >= all) return `a task may log ${all} lines`;
    if (this.#isHeldUp) return 'the log is slower than the task';
    const now = this.#clock.monotonic();
    if (now - this.#windowStart >= SECOND_MS) {
      this.#windowStart = now;
      this.#inWindow = 0;
    }
    return this.#inWindow >= second ? `a task may log ${second} lines a second` : undefined;
  }

  #sayDropped(): void {
    if (this.#dropped === 0) return;
    const [dropped, why] = [this.#dropped, this.#why];
    this.#dropped = 0;
    this.#send('warn', `… ${dropped} ${dropped === 1 ? 'line' : 'lines'} dropped: ${why}`);
  }

  #send(level: LogLevel, message: string): void {
    const { execution, taskRun, task, iterations, dispatch } = this.#dispatch;
    const number = this.#number;
    this.#number += 1;
    const timeMs = this.#clock.now();
    const where = iterations === undefined ? {} : { iterations };
    const line = { execution, taskRun, task, ...where, dispatch, number, level, message, timeMs };
    const bytes = message.length + LINE_BYTES;
    this.#wait(bytes);
    const sent = this.#producer.send('logs', this.#partition, encodeLogLine(line)).then(() => {
      this.#waiting.delete(sent);
      this.#wait(-bytes);
    });
    this.#waiting.add(sent);
  }

  #wait(bytes: number): void {
    const bytesMax = limits.taskLogWaitingBytes.value;
    this.#waitingBytes += bytes;
    this.#isHeldUp = this.#waitingBytes >= (this.#isHeldUp ? bytesMax / 2 : bytesMax);
  }
}

/**
 * The message without secrets and not too long. Of a very long one (F9) only the beginning is looked at. A
 * secret that its cut goes through is no longer found, so that as much as one can have goes from the end.
 */
function boundedMessage(message: string, masker: Masker): string {
  const bytesMax = limits.logMessageBytes.value;
  if (message.length <= bytesMax) return cut(masker.text(message), bytesMax, message);
  const { longest } = masker;
  const masked = masker.text(message.slice(0, bytesMax + longest));
  return cut(masked.slice(0, masked.length - longest), bytesMax, message);
}

function cut(text: string, bytesMax: number, whole: string): string {
  const isWhole = whole.length <= bytesMax;
  if (isWhole && text.length * 3 <= bytesMax) return text;
  const bytes = Buffer.from(text);
  if (isWhole && bytes.length <= bytesMax) return text;
  const kept = bytes
    .subarray(0, bytesMax)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return `${kept} … (cut: ${Buffer.byteLength(whole)} bytes)`;
}
