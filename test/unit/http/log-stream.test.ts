/** The log of an execution as a stream: whoever follows it gets each line once, wherever the connection breaks. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withFaults } from '../../../src/adapters/faults/faulty-log.ts';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { ApiClient } from '../../../src/http/client/api-client.ts';
import { type ExecutionId, executionId, partitionOf, taskRunId } from '../../../src/model/ids.ts';
import type { LogLevel } from '../../../src/model/records.ts';
import type { LogProducer } from '../../../src/ports/log.ts';
import { encodeLogLine } from '../../../src/records/logs.ts';
import { eventually } from '../../support/memory-ports.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';

const LINES = 12;

const chatty = [
  'id: chatty',
  'namespace: demo',
  'tasks:',
  ...Array.from({ length: LINES }, (_, n) => [
    `  - { id: line_${n}, type: log, message: 'line ${n}' }`,
    `  - { id: pause_${n}, type: sleep, duration: 20ms }`,
  ]).flat(),
].join('\n');
const sleeper = 'id: sleeper\nnamespace: demo\ntasks: [{ id: nap, type: sleep, duration: 1h }]\n';
const failing = `id: failing
namespace: demo
tasks:
  - { id: said, type: log, message: before }
  - { id: no, type: fail, message: no luck }
`;

let running: WiredShells;
/** A second api process of the same cluster, with views of its own. */
let other: WiredShells;
let clients: readonly ApiClient[];
let worker: LogProducer;

beforeAll(async () => {
  const flows = Object.entries({ chatty, sleeper, failing }).map(([id, text]) => ({
    file: `${id}.yaml`,
    text,
  }));
  running = await startShells({ flows });
  const { log } = running.ports;
  other = await startShells({
    roles: ['api'],
    ports: () => ({
      log,
      membership: running.ports.membership,
      views: new SqliteViews(':memory:'),
    }),
  });
  clients = [new ApiClient(running.url), new ApiClient(other.url)];
  worker = log.producer();
});

afterAll(async () => {
  worker.close();
  await other.close();
  await running.close();
});

function clientAt(n: number): ApiClient {
  const client = clients[n % clients.length];
  if (client === undefined) throw new Error('no client');
  return client;
}

async function start(flow: string): Promise<ExecutionId> {
  const path = `/api/v1/executions/demo/${flow}`;
  const { executionId: id } = await clientAt(0).request<{ executionId: string }>('POST', path, {
    json: {},
  });
  // The other process has to hear of it.
  await eventually('the execution', () =>
    clientAt(1)
      .request('GET', `/api/v1/executions/${id}`)
      .then(
        () => true,
        () => false,
      ),
  );
  return executionId(id);
}

async function end(id: ExecutionId): Promise<void> {
  await clientAt(0).request('POST', `/api/v1/executions/${id}/kill`, { json: {} });
}

interface Said {
  readonly run?: number;
  readonly dispatch?: number;
  readonly level?: LogLevel;
  readonly timeMs?: number;
  readonly text?: string;
}

/** A line as a worker writes it. */
async function say(
  id: ExecutionId,
  number: number,
  { run = 1, dispatch = 1, level = 'info', timeMs = 1, text = '' }: Said = {},
): Promise<void> {
  const line = {
    execution: id,
    taskRun: taskRunId(id, run),
    task: `task_${run}`,
    dispatch,
    number,
  };
  const message = text === '' ? `${run}.${dispatch}.${number}` : text;
  const record = encodeLogLine({ ...line, level, message, timeMs });
  const partition = partitionOf(id, running.ports.log.partitions);
  await worker.send('logs', partition, record);
}

interface Read {
  readonly messages: readonly string[];
  readonly reached: string | undefined;
  readonly end: { readonly state: string; readonly complete: boolean } | undefined;
}

/** Reads behind `after`, at most `count` lines, then cuts the connection. */
async function read(
  client: ApiClient,
  id: ExecutionId,
  after?: string,
  count = Number.POSITIVE_INFINITY,
  query: Record<string, string> = {},
): Promise<Read> {
  const cut = new AbortController();
  const messages: string[] = [];
  let reached = after;
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
  const path = `/api/v1/executions/${id}/logs`;
  const stream = await client.stream(path, { headers, query, signal: cut.signal });
  try {
    for await (const { id: place, event, data } of stream) {
      // What the route streams.
      if (event === 'end') return { messages, reached, end: JSON.parse(data) as Read['end'] };
      if (event !== 'line') continue;
      messages.push((JSON.parse(data) as { message: string }).message);
      reached = place;
      if (messages.length >= count) break;
    }
  } finally {
    cut.abort();
  }
  return { messages, reached, end: undefined };
}

/** Follows to the end over connections that are cut behind so many lines each, to one process after the other. */
async function follow(id: ExecutionId, cuts: readonly number[]): Promise<readonly string[]> {
  const all: string[] = [];
  let after: string | undefined;
  for (let n = 0; ; n += 1) {
    const { messages, reached, end } = await read(clientAt(n), id, after, cuts[n]);
    all.push(...messages);
    after = reached;
    if (end === undefined) continue;
    expect(end.complete).toBe(true);
    return all;
  }
}

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

describe('an execution whose last line comes late', () => {
  const flow = {
    file: 'quick.yaml',
    text: 'id: quick\nnamespace: demo\ntasks: [{ id: a, type: log, message: late }]\n',
  };

  async function ended(): Promise<{ id: ExecutionId; client: ApiClient; release: () => void }> {
    const releases: (() => void)[] = [];
    const wired = await startShells({
      flows: [flow],
      ports({ log, random, clock }) {
        const faulty = withFaults(log, { plan: {}, random, clock });
        for (let partition = 0; partition < log.partitions; partition += 1) {
          releases.push(faulty.faults.stall('logs', partition));
        }
        return { log: faulty };
      },
    });
    onTestFinished(() => wired.close());
    const client = new ApiClient(wired.url);
    const path = '/api/v1/executions/demo/quick';
    const { executionId: id } = await client.request<{ executionId: string }>('POST', path, {
      query: { wait: '10s' },
      json: {},
    });
    const release = (): void => {
      for (const go of releases) go();
    };
    return { id: executionId(id), client, release };
  }

  it('ends behind that line', async () => {
    const { id, client, release } = await ended();
    const following = read(client, id);
    // Much later than the end has been read.
    setTimeout(release, 500);
    expect(await following).toMatchObject({
      messages: ['late'],
      end: { state: 'SUCCESS', complete: true },
    });
  });

  it('is not waited for without end, and that is said', async () => {
    const { id, client, release } = await ended();
    expect(await read(client, id)).toMatchObject({
      messages: [],
      end: { state: 'SUCCESS', complete: false },
    });
    release();
  });
});

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

describe('shows only what is asked for', () => {
  let id: ExecutionId;

  beforeAll(async () => {
    id = await start('sleeper');
    for (let number = 0; number < 12_000; number += 1_000) {
      const all = Array.from({ length: 1_000 }, (_, n) => say(id, number + n, { level: 'debug' }));
      await Promise.all(all);
    }
    await say(id, 0, { run: 2, level: 'warn', timeMs: 1_000, text: 'warned' });
    await say(id, 1, { run: 2, level: 'error', timeMs: 2_000, text: 'failed' });
    await say(id, 12_000, { level: 'info', timeMs: 3_000, text: 'done' });
    await end(id);
  });

  it.each([
    [{ task: 'task_2' }, ['warned', 'failed']],
    [{ level: 'warn' }, ['warned', 'failed']],
    [{ level: 'info' }, ['warned', 'failed', 'done']],
    [{ since: '1970-01-01T00:00:02Z' }, ['failed', 'done']],
    [{ task: 'task_1', level: 'error' }, []],
  ])('%j, as a stream and bit by bit', async (query, wanted) => {
    expect((await read(clientAt(0), id, undefined, undefined, query)).messages).toEqual(wanted);
    const found: string[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const body: { lines: { message: string }[]; next?: number } = await clientAt(0).request(
        'GET',
        `/api/v1/executions/${id}/logs`,
        { query: { ...query, after } },
      );
      found.push(...body.lines.map(({ message }) => message));
      after = body.next === undefined ? undefined : String(body.next);
      pages += 1;
    } while (after !== undefined);
    expect(found).toEqual(wanted);
    expect(pages).toBeGreaterThan(1);
  });

  it('and says what it cannot understand', async () => {
    for (const query of [{ level: 'loud' }, { since: 'yesterday' }]) {
      await expect(read(clientAt(0), id, undefined, 1, query)).rejects.toMatchObject({
        status: 400,
        code: 'query-invalid',
      });
    }
  });
});
