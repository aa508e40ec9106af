/** The executor's small parts, each alone. */
import { describe, expect, test } from 'vitest';
import type { CommandFailedInput, Input } from '../../../src/engine/input.ts';
import { BrokerTime } from '../../../src/executor/broker-time.ts';
import {
  CarefulMode,
  CarefulTurn,
  nameOf,
  noHistory,
  OwnersLog,
} from '../../../src/executor/careful.ts';
import { DispatchBalance } from '../../../src/executor/dispatch-balance.ts';
import { type Candidate, Inputs, type InputSource } from '../../../src/executor/inputs.ts';
import { LiveBytes } from '../../../src/executor/live-bytes.ts';
import { LogEnd } from '../../../src/executor/log-end.ts';
import { PageQueue } from '../../../src/executor/page-queue.ts';
import { RecordQueue } from '../../../src/executor/record-queue.ts';
import { Turns, type TurnTaker } from '../../../src/executor/turns.ts';
import { executionId, taskRunId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import type { LogRecord } from '../../../src/model/log-records.ts';
import { noHistory as nothing } from '../../../src/executor/careful.ts';
import { eventually } from './cluster.ts';
import { VirtualClock } from '../sqlite/virtual-clock.ts';

const execution = executionId('0'.repeat(26));

describe('broker time', () => {
  test('is never ahead of the broker, and as close as the quickest record', () => {
    const clock = new VirtualClock();
    const time = new BrokerTime(clock);
    expect(time.now()).toBe(Number.NEGATIVE_INFINITY);
    time.observe(clock.monotonic() + 3_600_000 - 40); // Seen 40 ms late.
    expect(time.now() - clock.monotonic()).toBe(3_600_000 - 40);
    time.observe(clock.monotonic() + 3_600_000 - 5);
    time.observe(clock.monotonic() + 3_600_000 - 90);
    expect(time.now() - clock.monotonic()).toBe(3_600_000 - 5);
  });

  test('follows a clock that was set back, after a while', async () => {
    const clock = new VirtualClock();
    const time = new BrokerTime(clock);
    time.observe(clock.monotonic() + 50_000);
    for (let second = 0; second < 61; second++) {
      await clock.advance(1_000);
      time.observe(clock.monotonic() - 10_000);
    }
    expect(time.now() - clock.monotonic()).toBe(-10_000);
  });
});

describe('the balance of dispatches', () => {
  const runs = Array.from({ length: 9 }, (_, at) => taskRunId(execution, at + 1));

  test('goes where the least is outstanding, and forgets what has ended', () => {
    const balance = new DispatchBalance(() => 3);
    const share = balance.share();
    const places = runs.map((run) => share.take('tasks.default', run));
    for (const partition of [0, 1, 2]) {
      expect(places.filter((place) => place === partition)).toHaveLength(3);
    }
    const slow = runs.filter((_, at) => places[at] !== 1);
    for (const [at, run] of runs.entries()) if (places[at] === 1) share.release(run);
    expect(share.size).toBe(slow.length);
    const next = [1, 2, 3].map((at) => share.take('tasks.default', taskRunId(execution, 100 + at)));
    expect(next).toEqual([1, 1, 1]);
  });

  test('counts a task run once, and nothing of a partition that was lost', () => {
    const balance = new DispatchBalance(() => 2);
    const lost = balance.share();
    const [run = taskRunId(execution, 1)] = runs;
    const first = lost.take('tasks.default', run);
    expect(lost.take('tasks.default', run)).not.toBeUndefined();
    expect(lost.size).toBe(1);
    lost.close();
    const share = balance.share();
    const both = [1, 2].map((at) => share.take('tasks.default', taskRunId(execution, at)));
    expect([...both].sort()).toEqual([0, 1]);
    expect(first).toBeLessThan(2);
  });

  test('has a place for topics that are not known: the log says what is wrong', () => {
    const share = new DispatchBalance(() => 0).share();
    expect(share.take('tasks.nowhere', taskRunId(execution, 1))).toBe(0);
  });
});

describe('a ticket for the end of a log', () => {
  test('passes with an end fetched after it was taken, one fetch for all', async () => {
    const fetches: PromiseWithResolvers<number>[] = [];
    const end = new LogEnd(
      () => {
        const fetch = Promise.withResolvers<number>();
        fetches.push(fetch);
        return fetch.promise;
      },
      () => undefined,
    );
    const [first, second] = [end.ticket(), end.ticket()];
    expect(end.endFor(first)).toBeUndefined();
    expect(end.endFor(second)).toBeUndefined();
    const late = end.ticket();
    expect(end.endFor(late)).toBeUndefined();
    expect(fetches).toHaveLength(1);
    fetches[0]?.resolve(7);
    await eventually('the first end', () => end.endFor(first) === 7);
    expect(end.endFor(second)).toBe(7);
    expect(end.endFor(late)).toBeUndefined();
    await eventually('a second fetch', () => fetches.length === 2);
    fetches[1]?.resolve(9);
    await eventually('the second end', () => end.endFor(late) === 9);
  });
});

describe('the order of inputs', () => {
  class Queue implements InputSource {
    readonly waiting: string[];
    killWaits = false;

    constructor(name: string, size: number) {
      this.waiting = Array.from({ length: size }, () => name);
    }

    next(): Candidate | undefined {
      const [name] = this.waiting;
      if (name === undefined) return undefined;
      const input = { kind: 'continue', execution: executionId(name) } as const;
      return { input, positions: { nextStart: 0, nextCommand: 0 }, source: this };
    }

    accept(): void {
      this.waiting.shift();
    }
  }

  function order(inputs: Inputs): readonly string[] {
    const names: string[] = [];
    for (;;) {
      const candidate = inputs.next();
      if (candidate === undefined) return names;
      if (candidate.input.kind === 'continue') names.push(candidate.input.execution);
      inputs.accept(candidate);
    }
  }

  test('is round robin, with a start now and then', () => {
    const [commands, agendas, starts] = [new Queue('c', 9), new Queue('a', 9), new Queue('s', 3)];
    const names = order(new Inputs({ commands, others: [agendas], starts }));
    expect(names.slice(0, 9).join('')).toBe('cacacacas');
    expect(names).toHaveLength(21);
    expect(names.filter((name) => name === 's')).toHaveLength(3);
  });

  test('lets commands go first while a kill waits among them', () => {
    const [commands, agendas, starts] = [new Queue('c', 3), new Queue('a', 2), new Queue('s', 1)];
    commands.killWaits = true;
    expect(order(new Inputs({ commands, others: [agendas], starts })).join('')).toBe('cccaas');
  });
});

describe('queues', () => {
  const record = (offset: number): LogRecord => ({
    offset,
    timestampMs: 0,
    key: null,
    value: 'x'.repeat(10),
    headers: {},
  });
  const topic = { topic: 'starts', partition: 0, highWatermark: 0 } as const;

  test('of records keep order, size and where reading goes on', () => {
    const queue = new RecordQueue();
    queue.pushBatch({ ...topic, records: [record(3), record(5)], nextOffset: 8 });
    queue.pushBatch({ ...topic, records: [], nextOffset: 11 });
    expect([queue.size, queue.bytes]).toEqual([3, 20]);
    const nexts: (number | undefined)[] = [];
    while (queue.size > 0) {
      nexts.push(queue.peek()?.next);
      queue.shift();
    }
    expect(nexts).toEqual([4, 8, 11]);
    expect(queue.bytes).toBe(0);
  });

  test('of records stay whole over thousands of shifts', () => {
    const queue = new RecordQueue();
    let next = 0;
    for (let batch = 0; batch < 100; batch++) {
      const records = Array.from({ length: 50 }, (_, at) => record(batch * 50 + at));
      queue.pushBatch({ ...topic, records, nextOffset: batch * 50 + 50 });
      for (let at = 0; at < 49; at++, next++) {
        expect(queue.peek()?.next).toBe(next + 1);
        queue.shift();
      }
    }
    expect(queue.size).toBe(100);
  });

  test('of pages cut batches at their limit and keep the marker alone', () => {
    const queue = new PageQueue();
    const page = (key: string, kilobytes: number) => ({
      key,
      value: 'x'.repeat(kilobytes * 1_024),
    });
    queue.push([page('a', 400), page('b', 400), page('c', 400)]);
    queue.push([page('d', 100)]);
    const place = { offset: 0, epoch: 0, batch: 0, index: 0 };
    const positions = { position: 1, nextStart: 0, nextCommand: 0, confirmed: 0 };
    queue.pushMarker({ n: 1, epoch: 0, ...positions, reading: place, owners: nothing });
    queue.push([page('e', 1)]);
    const keys: string[] = [];
    for (let batch = queue.take(); batch !== undefined; batch = queue.take()) {
      keys.push(batch.records.map(({ key }) => key).join(''));
    }
    expect(keys).toEqual(['ab', 'cd', '$marker', 'e']);
    expect(queue.bytes).toBe(0);
    expect(queue.empty).toBe(true);
  });
});

describe('live bytes', () => {
  test('say once when there is room again', () => {
    const live = new LiveBytes(100);
    const share = live.share();
    let told = 0;
    const end = live.onRoom(() => {
      told += 1;
    });
    share.page(execution, 150);
    expect(live.full).toBe(true);
    live.share().close();
    expect(told).toBe(0);
    share.close();
    expect([live.full, live.total, told]).toEqual([false, 0, 1]);
    end();
  });
});

describe('careful mode', () => {
  const timer = { kind: 'timer', dueMs: 5, execution, run: 2 } as const;

  /** `opened`, `event`, or the name of an input that began. */
  function after(...records: string[]): CarefulMode {
    const log = new OwnersLog(noHistory);
    for (const record of records) {
      if (record === 'opened') log.opened();
      else if (record === 'event') log.progressed();
      else log.began(record);
    }
    return new CarefulMode(log.history);
  }

  test('begins with the second opening without progress, or an input that was not finished', () => {
    expect(after('opened').active).toBe(false);
    expect(after('event', 'opened').active).toBe(false);
    expect(after('opened', 'opened').active).toBe(true);
    expect(after('event', 'x', 'opened').active).toBe(true);
    expect(after('opened', 'opened', 'event', 'opened').active).toBe(false);
  });

  test('condemns an input only after three owners announced it in a row and did nothing more', () => {
    const name = nameOf(timer);
    expect(after(name, 'opened', name, 'opened').condemns(timer)).toBe(false);
    expect(after(name, 'opened', name, 'opened', name, 'opened').condemns(timer)).toBe(true);
    expect(after(name, name, 'other', 'opened').condemns(timer)).toBe(false);
    expect(after('other', name, name, name, 'opened').condemns(timer)).toBe(true);
    expect(after(name, name, 'event', name, 'opened').condemns(timer)).toBe(false);
    expect(after(name, name, name, 'opened').condemns({ ...timer, run: 3 })).toBe(false);
  });

  test('ends after its inputs', () => {
    const careful = after('opened', 'opened');
    for (let input = 0; input < limits.carefulInputs.value; input++) {
      expect(careful.active).toBe(true);
      careful.committed();
    }
    expect(careful.active).toBe(false);
  });

  test('names every kind of input by what it is about', () => {
    const effect = {
      kind: 'cancel',
      workerGroup: 'g',
      cancel: { taskRun: taskRunId(execution, 1), dispatch: 1 },
    } as const;
    const command = { type: 'execution.kill', execution } as const;
    const origin = { topic: 'commands', partition: 0, offset: 7 };
    const inputs: Exclude<Input, CommandFailedInput>[] = [
      timer,
      {
        kind: 'start',
        offset: 7,
        timeMs: 0,
        origin,
        start: { ok: false, reason: '', message: '' },
        preview: '',
      },
      { kind: 'command', offset: 7, timeMs: 0, command },
      {
        kind: 'unreadable-command',
        offset: 8,
        timeMs: 0,
        origin,
        reason: '',
        message: '',
        preview: '',
      },
      { kind: 'continue', execution },
      { kind: 'worker-gone', timeMs: 0, worker: 'w', execution },
      { kind: 'dispatch-stale', timeMs: 0, execution, run: 1, dispatch: 1 },
      { kind: 'effect-refused', offset: 1, index: 0, timeMs: 0, effect, code: '', message: '' },
    ];
    const names = inputs.map(nameOf);
    expect(new Set(names).size).toBe(inputs.length);
    expect(nameOf({ kind: 'command-failed', input: timer, message: '' })).toBe(nameOf(timer));
  });
});

test('one careful partition of a process has an input under way, and the others come after it', async () => {
  const turns = new Turns({ ...stillClock, yield: async () => undefined });
  const careful = new CarefulTurn(turns);
  const log: string[] = [];
  const taker = (name: string): TurnTaker => {
    const self = {
      turn: () => {
        if (careful.take(self)) log.push(name);
      },
    };
    return self;
  };
  const [first, second, third] = [taker('first'), taker('second'), taker('third')];
  for (const each of [first, second, third]) turns.request(each);
  await eventually('the first', () => log.length === 1);
  careful.leave(third);
  turns.request(second);
  careful.leave(first);
  await eventually('the second', () => log.length === 2);
  careful.leave(second);
  turns.request(third);
  await eventually('the third', () => log.length === 3);
  expect(log).toEqual(['first', 'second', 'third']);
});

const stillClock = { now: () => 0, monotonic: () => 0, after: () => () => undefined };

test('turns: everybody who asked gets one per pass, and one who asks again another', async () => {
  const turns = new Turns({ ...stillClock, yield: async () => undefined });
  const log: string[] = [];
  const once = {
    turn: () => {
      log.push('once');
    },
  };
  const twice = {
    turn: () => {
      log.push('twice');
      if (log.filter((name) => name === 'twice').length < 2) turns.request(twice);
    },
  };
  turns.request(once);
  turns.request(twice);
  turns.request(once);
  await eventually('all turns', () => log.length === 3);
  expect(log).toEqual(['once', 'twice', 'twice']);
});
