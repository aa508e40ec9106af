/** The log of an execution as a stream: whoever follows it gets each line once, wherever the connection breaks. */
import { Agent, get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEventStream } from '../../../src/http/client/event-stream.ts';
import {
  clientAt,
  closeCluster,
  end,
  follow,
  LINES,
  openCluster,
  read,
  running,
  say,
  start,
} from './log-cluster.ts';

beforeAll(openCluster);
afterAll(closeCluster);

it('gives every line once over reconnects, and ends with the execution', async () => {
  const id = await start('chatty');
  const lines = await follow(
    id,
    Array.from({ length: LINES }, (_, n) => 1 + (n % 3)),
  );
  expect(lines).toEqual(Array.from({ length: LINES }, (_, n) => `line ${n}`));
});

it('says how the execution ended, after its last line', async () => {
  const id = await start('failing');
  const { messages, end } = await read(clientAt(0), id);
  expect([messages, end]).toEqual([['before'], { state: 'FAILED', complete: true }]);
  expect(await read(clientAt(1), id)).toMatchObject({ messages, end });
});

const linesWritten = fc.array(
  fc.record({ run: fc.integer({ min: 1, max: 2 }), again: fc.nat(3), wait: fc.boolean() }),
  { minLength: 1, maxLength: 40 },
);
const someCuts = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 8 });

it('gives each line once, though lines are written again and connections break anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(linesWritten, someCuts, async (written, cuts) => {
      const id = await start('sleeper');
      const following = follow(id, cuts);
      const wanted: string[] = [];
      const numbers = [0, 0, 0];
      const sent: Promise<void>[] = [];
      for (const { run, again, wait } of written) {
        const number = numbers[run] ?? 0;
        numbers[run] = number + 1;
        wanted.push(`${run}.1.${number}`);
        // A worker that was given the dispatch again begins anew, and says something a little different.
        for (let back = again; back >= 0; back -= 1) {
          const text = back === 0 ? '' : `not the first ${number}`;
          if (number >= back)
            sent.push(say(id, number - back, { run, text: back > 0 ? text : '' }));
        }
        if (wait) await sent.at(-1);
      }
      await Promise.all(sent);
      await end(id);
      expect(await following).toEqual(wanted);
      const { lines } = await clientAt(1).request<{ lines: { message: string }[] }>(
        'GET',
        `/api/v1/executions/${id}/logs`,
      );
      expect(lines.map(({ message }) => message)).toEqual(wanted);
    }),
    { numRuns: 12 },
  );
});

it.each([0, 1])(
  'knows a line written again that another connection has had, at process %i',
  async (at) => {
    const id = await start('sleeper');
    await say(id, 0);
    await say(id, 1, { run: 2 });
    const { messages, reached } = await read(clientAt(0), id, undefined, 2);
    expect(messages).toEqual(['1.1.0', '2.1.1']);
    const following = read(clientAt(at), id, reached, 2);
    for (const [run, number] of [
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
      [1, 1],
    ] as const) {
      await say(id, number, { run });
    }
    expect((await following).messages).toEqual(['2.1.2', '1.1.1']);
    await end(id);
  },
);

const MANY = 100_000;
const RECONNECTS = 10;

it(
  'gives 100,000 lines once, over ten reconnects at random places',
  { timeout: 60_000 },
  async () => {
    const id = await start('sleeper');
    const [places = []] = fc.sample(
      fc.uniqueArray(fc.integer({ min: 1, max: MANY - 1 }), {
        minLength: RECONNECTS,
        maxLength: RECONNECTS,
      }),
      1,
    );
    const inOrder = places.toSorted((left, right) => left - right);
    const following = follow(
      id,
      inOrder.map((place, n) => place - (inOrder[n - 1] ?? 0)),
    );
    for (let first = 0; first < MANY; first += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, (_, n) => say(id, first + n)));
    }
    await end(id);
    const lines = await following;
    expect(lines).toHaveLength(MANY);
    expect(
      lines.findIndex((line, n) => line !== `1.1.${n}`),
      inOrder.join(' '),
    ).toBe(-1);
  },
);

const BIG = 'x'.repeat(2_000);
const BIG_LINES = 20_000;

it(
  'waits for a client that does not read, without a message too much or too few',
  { timeout: 30_000 },
  async () => {
    const id = await start('sleeper');
    const agent = new Agent({ keepAlive: false });
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { accept: 'text/event-stream' };
      get(`${running.url}/api/v1/executions/${id}/logs`, { agent, headers }, resolve).once(
        'error',
        reject,
      );
    });
    // Forty megabytes are written while nothing is read, far more than sockets and the stream
    // hold: a source that did not wait would be cut off.
    for (let first = 0; first < BIG_LINES; first += 500) {
      const some = Array.from({ length: 500 }, (_, n) => say(id, first + n, { text: BIG }));
      await Promise.all(some);
    }
    await end(id);
    const offsets: number[] = [];
    let last = '';
    for await (const { event, id: place } of readEventStream(Readable.toWeb(response))) {
      last = event;
      if (event === 'line') offsets.push(Number(place));
    }
    expect(last).toBe('end');
    expect(offsets).toHaveLength(BIG_LINES);
    expect(offsets).toEqual(offsets.toSorted((left, right) => left - right));
    expect(new Set(offsets).size).toBe(BIG_LINES);
  },
);
