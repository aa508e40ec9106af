import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executionId, taskRunId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import type { OutgoingRecord } from '../../../src/model/log-records.ts';
import type { LogLine, TaskDispatch } from '../../../src/model/records.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Log, LogProducer, SendOutcome } from '../../../src/ports/log.ts';
import { Masker } from '../../../src/plugin/masking.ts';
import { TaskLog } from '../../../src/worker/task-log.ts';

const execution = executionId('0'.repeat(26));
// Only what a log of it needs.
const dispatch = {
  execution,
  taskRun: taskRunId(execution, 3),
  task: 'talk',
  dispatch: 2,
} as TaskDispatch;

/** A task's log over a log that acknowledges when it is told to, and a time that is set. */
class Scene {
  nowMs = 0;
  readonly masker = new Masker();
  readonly lines: LogLine[] = [];
  #unacknowledged: (() => void)[] = [];
  readonly log: TaskLog;

  constructor() {
    const clock = { now: () => this.nowMs, monotonic: () => this.nowMs } as Clock;
    const producer: LogProducer = {
      send: (topic, partition, { key, value }: OutgoingRecord) => {
        expect([topic, partition, key]).toEqual(['logs', 0, execution]);
        this.lines.push(JSON.parse(value ?? '') as LogLine);
        const acknowledged = { kind: 'acknowledged', offset: 0, timestampMs: 0 } as const;
        return new Promise<SendOutcome>((resolve) => {
          this.#unacknowledged.push(() => resolve(acknowledged));
        });
      },
      close: () => undefined,
    };
    const log = { partitions: 1 } as Log;
    this.log = new TaskLog(log, producer, clock, dispatch, this.masker);
  }

  async acknowledge(): Promise<void> {
    const all = this.#unacknowledged;
    this.#unacknowledged = [];
    for (const each of all) each();
    await new Promise((resolve) => setImmediate(resolve));
  }

  get messages(): readonly string[] {
    return this.lines.map(({ message }) => message);
  }
}

it('numbers lines by their dispatch, one after the other', () => {
  const scene = new Scene();
  scene.log.write('info', 'a');
  scene.log.write('error', 'b');
  expect(scene.lines).toMatchObject([
    { taskRun: dispatch.taskRun, task: 'talk', dispatch: 2, number: 0, level: 'info' },
    { taskRun: dispatch.taskRun, task: 'talk', dispatch: 2, number: 1, level: 'error' },
  ]);
});

describe('beyond a limit lines are dropped', () => {
  const perSecond = limits.taskLogLinesPerSecond.value;

  function writeMany(scene: Scene, count: number, text = 'x'): void {
    for (let n = 0; n < count; n += 1) scene.log.write('info', text);
  }

  it('in a second, and their number is said before the next line', async () => {
    const scene = new Scene();
    writeMany(scene, perSecond + 7);
    expect(scene.lines).toHaveLength(perSecond);
    scene.nowMs = 999;
    scene.log.write('info', 'too early');
    scene.nowMs = 1_000;
    await scene.acknowledge();
    scene.log.write('info', 'after');
    expect(scene.messages.slice(perSecond)).toEqual([
      '… 8 lines dropped: a task may log 10000 lines a second',
      'after',
    ]);
  });

  it('in all, and their number is said at the end of the task', async () => {
    const scene = new Scene();
    const all = limits.taskLogLines.value;
    for (let n = 0; n <= all; n += perSecond) {
      writeMany(scene, perSecond);
      scene.nowMs += 1_000;
      await scene.acknowledge();
    }
    expect(scene.lines).toHaveLength(all);
    const flushed = scene.log.flushed();
    await scene.acknowledge();
    await flushed;
    expect(scene.messages.at(-1)).toBe(`… ${perSecond} lines dropped: a task may log ${all} lines`);
  });

  it('while too much waits for the log, until half of it has gone', async () => {
    const scene = new Scene();
    const text = 'x'.repeat(10_000);
    writeMany(scene, 1_000, text);
    const kept = scene.lines.length;
    expect(kept * text.length).toBeLessThan(limits.taskLogWaitingBytes.value);
    expect(kept).toBeGreaterThan(300);
    await scene.acknowledge();
    scene.log.write('info', 'again');
    expect(scene.messages.slice(kept)).toEqual([
      `… ${1_000 - kept} lines dropped: the log is slower than the task`,
      'again',
    ]);
  });

  it('once nobody says anything any more, nothing is said', async () => {
    const scene = new Scene();
    writeMany(scene, perSecond + 1);
    const first = scene.log.flushed();
    await scene.acknowledge();
    await first;
    await scene.log.flushed();
    expect(scene.messages.filter((text) => text.includes('dropped'))).toEqual([
      '… 1 line dropped: a task may log 10000 lines a second',
    ]);
  });
});

describe('a long line', () => {
  const bytesMax = limits.logMessageBytes.value;

  it('is cut, and says how long it was', () => {
    const scene = new Scene();
    scene.log.write('info', 'ä'.repeat(bytesMax));
    const [message = ''] = scene.messages;
    expect(message.endsWith(`ä … (cut: ${bytesMax * 2} bytes)`)).toBe(true);
    expect(Buffer.byteLength(message)).toBeLessThan(bytesMax + 50);
  });

  it('of 100 MB is a short one, too', () => {
    const scene = new Scene();
    scene.masker.add('a secret that is nowhere');
    scene.log.write('info', 'x'.repeat(100_000_000));
    expect(scene.messages[0]).toMatch(/^x{30000,} … \(cut: 100000000 bytes\)$/);
  });

  it('shows no part of a secret, wherever it is cut', () => {
    const secret = 'S3CR3T-W1TH-MANY-CHARACTERS';
    fc.assert(
      fc.property(
        fc.integer({ min: bytesMax - 100, max: bytesMax + 100 }),
        fc.integer({ min: 0, max: 2_000 }),
        (at, secrets) => {
          const scene = new Scene();
          scene.masker.add(secret);
          const whole = Math.min(secrets, Math.floor(at / secret.length));
          const before = secret.repeat(whole).padEnd(at, 'x');
          scene.log.write('info', before + secret + 'y'.repeat(bytesMax));
          const [message = ''] = scene.messages;
          expect(message).toMatch(/^(?:\*\*\*)*x*(?:\*{0,3}y*) … \(cut: \d+ bytes\)$/);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('without a secret keeps its end', () => {
    const scene = new Scene();
    scene.log.write('info', 'x'.repeat(bytesMax));
    expect(scene.messages[0]).toHaveLength(bytesMax);
  });
});
