/** The stream of everything: whoever resumes gets each event once, wherever the connection broke. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient, ServerProblem } from '../../../src/http/client/api-client.ts';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { AllEvents } from '../../../src/http/all-events.ts';
import { parseReached } from '../../../src/http/reached.ts';
import type { Outlet, StreamMessage } from '../../../src/http/sse.ts';
import { Indexer } from '../../../src/indexer/indexer.ts';
import type { Log } from '../../../src/ports/log.ts';
import { eventually } from '../../support/memory-ports.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';

const flow = `id: quick
namespace: demo
tasks: [{ id: said, type: log, message: hello }]
`;

let wired: WiredShells;
let client: ApiClient;

beforeAll(async () => {
  wired = await startShells({ flows: [{ file: 'quick.yaml', text: flow }] });
  client = new ApiClient(wired.url);
});

afterAll(() => wired.close());

/** For a client that takes everything. */
const openOutlet: Outlet = {
  send: () => undefined,
  end: () => undefined,
  fail: () => undefined,
  isFull: false,
  isOver: false,
  room: () => Promise.resolve(),
};

interface Seen {
  readonly id: string | undefined;
  readonly place: string;
  readonly type: string;
}

/** Reads until as many events as wanted have come, then cuts the connection. */
async function take(count: number, after?: string, last = 0): Promise<readonly Seen[]> {
  const cut = new AbortController();
  const seen: Seen[] = [];
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
  const query = { last: String(last) };
  const stream = await client.stream('/api/v1/events', { headers, query, signal: cut.signal });
  try {
    for await (const { id, event, data } of stream) {
      // What the route streams beside snapshots.
      const { partition, offset } = JSON.parse(data) as { partition: number; offset: number };
      if (event === 'snapshot') seen.push({ id, place: '', type: event });
      else seen.push({ id, place: `${partition}:${offset}`, type: event });
      if (seen.filter(({ type }) => type !== 'snapshot').length >= count) break;
    }
  } finally {
    cut.abort();
  }
  return seen;
}

async function startOne(): Promise<void> {
  await client.request('POST', '/api/v1/executions/demo/quick', {
    query: { wait: '10s' },
    json: {},
  });
}

it('begins with a place to resume at, and with the newest events when asked', async () => {
  const [first] = await take(0);
  expect(first).toMatchObject({ type: 'snapshot', id: '0:0,1:0,2:0,3:0' });
  await startOne();
  await startOne();
  const [, ...newest] = await take(3, undefined, 3);
  expect(newest.map(({ type }) => type)).toEqual([
    'execution.created',
    'task.ended',
    'execution.ended',
  ]);
});

const EVENTS_EACH = 3;

it('gives each event once over any number of broken connections', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
      async (sizes) => {
        const [first] = await take(0);
        let reached = first?.id;
        const all: string[] = [];
        const starts: Promise<void>[] = [];
        const takeMore = async (count: number): Promise<void> => {
          for (const { id, place } of await take(count, reached)) {
            reached = id;
            all.push(place);
          }
        };
        for (const size of sizes) {
          // They end before, while and after the stream is opened.
          starts.push(startOne(), startOne());
          await takeMore(size);
        }
        await Promise.all(starts);
        const made = starts.length * EVENTS_EACH;
        if (all.length < made) await takeMore(made - all.length);
        expect(all).toHaveLength(made);
        expect(new Set(all).size).toBe(made);
      },
    ),
    { numRuns: 20 },
  );
});

it('gives what happens while the past is read once, too', async () => {
  const { log, clock, logger, metrics } = wired.ports;
  const store = new SqliteViews(':memory:');
  const indexer = new Indexer({ log, clock, logger, metrics, store });
  await indexer.start();
  await indexer.caughtUp;
  const [first] = await take(0);
  const slow: Log = {
    ...log,
    partitions: log.partitions,
    read: (...range) => log.read(...range),
    async bounds(topic, partition) {
      // Ends before some of the partitions have been looked at, and after the others.
      if (partition > 0) await startOne();
      return log.bounds(topic, partition);
    },
  };
  const places: string[] = [];
  const send = ({ event, data }: StreamMessage): void => {
    // As above.
    const { partition, offset } = data as { partition: number; offset: number };
    if (event !== 'snapshot') places.push(`${partition}:${offset}`);
  };
  const outlet = { ...openOutlet, send };
  const all = new AllEvents({ ...wired.ports, log: slow, indexer }, outlet);
  const stop = await all.begin(parseReached(first?.id), 0);
  const made = (log.partitions - 1) * EVENTS_EACH;
  await eventually('all events', () => new Set(places).size >= made);
  expect(places).toHaveLength(made);
  stop();
  await indexer.stop();
  await store.close();
});

it('says when what follows is gone', async () => {
  const failure = await take(1, '0:-5').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ServerProblem);
  expect(failure).toMatchObject({ status: 410, code: 'history-expired' });
});

it.each([
  [
    '0:1,1:-1',
    new Map([
      [0, 1],
      [1, -1],
    ]),
  ],
  ['4.1', undefined],
  ['0:1;1:2', undefined],
  ['', undefined],
])('reads the id %j', (id, reached) => {
  expect(parseReached(id)).toEqual(reached);
});

interface Listed {
  readonly executionId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Reads the list of executions as a stream, until so many have come. */
async function takeListed(
  count: number,
  after: string | undefined,
  query: Record<string, string | string[]>,
): Promise<{ readonly listed: readonly Listed[]; readonly reached: string | undefined }> {
  const cut = new AbortController();
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
  const stream = await client.stream('/api/v1/executions', { headers, query, signal: cut.signal });
  const listed: Listed[] = [];
  let reached: string | undefined;
  for await (const { id, event, data } of stream) {
    reached = id;
    // What the route streams beside snapshots.
    if (event === 'execution') listed.push(JSON.parse(data) as Listed);
    if (listed.length >= count) break;
  }
  cut.abort();
  return { listed, reached };
}

async function startWith(labels: Record<string, string>): Promise<string> {
  const { executionId: id } = await client.request<{ executionId: string }>(
    'POST',
    '/api/v1/executions/demo/quick',
    { query: { wait: '10s' }, json: { labels } },
  );
  return id;
}

it('gives the executions of a list as they begin and end, once over reconnects', async () => {
  const query = { namespace: 'demo', flow: 'quick', label: ['team:a', 'for:list'] };
  let { reached } = await takeListed(0, undefined, query);
  const wanted: string[] = [];
  const seen: string[] = [];
  const labels = { team: 'a', for: 'list' };
  for (let n = 0; n < 5; n += 1) {
    await startWith({ team: 'b', for: 'list' });
    const id = await startWith(labels);
    wanted.push(`${id} RUNNING`, `${id} SUCCESS`);
    const taken = await takeListed(n % 2 === 0 ? 1 : 2, reached, query);
    ({ reached } = taken);
    seen.push(...taken.listed.map(({ executionId, state }) => `${executionId} ${state}`));
  }
  const rest = await takeListed(wanted.length - seen.length, reached, query);
  seen.push(...rest.listed.map(({ executionId, state }) => `${executionId} ${state}`));
  expect(seen).toEqual(wanted);
  const id = await startWith(labels);
  const { listed } = await takeListed(1, rest.reached, { ...query, state: 'SUCCESS' });
  expect(listed).toMatchObject([{ executionId: id, state: 'SUCCESS', labels }]);
});
