/** One execution and the public records as streams: whoever resumes misses nothing and gets nothing twice. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { ApiClient, type Query } from '../../../src/http/client/api-client.ts';
import type { ExecutionId } from '../../../src/model/ids.ts';
import type { Log } from '../../../src/ports/log.ts';
import { eventually } from '../../support/memory-ports.ts';
import { startApi, type StartedApi } from './started-api.ts';

const TASKS = 24;

/** Ends about half a second after its start, with an event every few milliseconds. */
const steady = [
  'id: steady',
  'namespace: demo',
  'tasks:',
  ...Array.from({ length: TASKS }, (_, n) => `  - { id: t_${n}, type: sleep, duration: 20ms }`),
].join('\n');

/** How late the views and the log answer: events happen while a stream begins, and are written to the views. */
const LATE_MS = 60;

function late(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, LATE_MS));
}

class LateViews extends SqliteViews {
  override async execution(id: ExecutionId): ReturnType<SqliteViews['execution']> {
    // Before it looks: what happens meanwhile is in the answer, and the listener has heard it as well.
    await late();
    return super.execution(id);
  }
}

/** After it has looked: what happens meanwhile is not in the answer. */
function lateLog(log: Log): Log {
  return {
    partitions: log.partitions,
    partitionCount: (topic) => log.partitionCount(topic),
    writer: (partition, signal) => log.writer(partition, signal),
    producer: () => log.producer(),
    async *read(topic, ...range) {
      for await (const records of log.read(topic, ...range)) {
        if (topic === 'events') await late();
        yield records;
      }
    },
    bounds: (...place) => log.bounds(...place),
    close: () => log.close(),
    subscribe: (subscriber) => log.subscribe(subscriber),
  };
}

let api: StartedApi;
let client: ApiClient;

beforeAll(async () => {
  const quick = 'id: quick\nnamespace: demo\ntasks: [{ id: a, type: log, message: a }]\n';
  const flows = [
    { file: 'steady.yaml', text: steady },
    { file: 'quick.yaml', text: quick },
  ];
  api = await startApi({
    flows,
    ports: ({ log }) => ({ views: new LateViews(':memory:'), log: lateLog(log) }),
  });
  client = new ApiClient(api.url);
});

afterAll(() => api.close());

interface Message {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Reading {
  readonly path: string;
  readonly query?: Query;
  readonly after?: string | undefined;
  /** Cuts the connection behind so many messages that are no snapshot. */
  readonly count?: number;
}

/** Gives what came, and whether the server ended the stream. */
async function read({
  path,
  query = {},
  after,
  count = Number.POSITIVE_INFINITY,
}: Reading): Promise<{
  readonly messages: readonly Message[];
  readonly isEnded: boolean;
}> {
  const cut = new AbortController();
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
  const stream = await client.stream(path, { headers, query, signal: cut.signal });
  const messages: Message[] = [];
  let left = count;
  for await (const { id, event, data } of stream) {
    // Every message of ours is a JSON object.
    messages.push({ id, event, data: JSON.parse(data) as Message['data'] });
    if (event !== 'snapshot') left -= 1;
    if (left <= 0) break;
  }
  // Leaving the loop has left the stream; this closes its connection.
  cut.abort();
  return { messages, isEnded: left > 0 };
}

describe('one execution', () => {
  const pathOf = (id: string): string => `/api/v1/executions/${id}/events`;

  async function listed(id: string): Promise<readonly string[]> {
    const { body } = await api.call('GET', pathOf(id));
    // Ours, and described.
    const events = body['events'] as { readonly offset: number; readonly epoch: number }[];
    return events.map(({ offset, epoch }) => `${offset}.${epoch}`);
  }

  it('begins with a snapshot that says how far it reads, and ends with the execution', async () => {
    const id = await api.startedId('steady');
    const { messages, isEnded } = await read({ path: pathOf(id) });
    const [snapshot, ...events] = messages;
    expect(snapshot).toMatchObject({
      event: 'snapshot',
      data: { executionId: id, flow: 'steady' },
    });
    expect(typeof snapshot?.data['readTo']).toBe('number');
    expect(events.at(-1)?.event).toBe('execution.ended');
    expect(isEnded).toBe(true);
    expect(events.map((message) => message.id)).toEqual(await listed(id));
  });

  it('gives each event once, in order, over any reconnects', { timeout: 30_000 }, async () => {
    const cuts = fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, async (counts) => {
        const id = await api.startedId('steady');
        const seen: (string | undefined)[] = [];
        for (let round = 0; ; round += 1) {
          const count = counts[round % counts.length] ?? 1;
          const { messages, isEnded } = await read({ path: pathOf(id), after: seen.at(-1), count });
          expect(messages[0]?.event).toBe('snapshot');
          seen.push(...messages.slice(1).map((message) => message.id));
          if (isEnded || messages.at(-1)?.event === 'execution.ended') break;
        }
        expect(seen).toEqual(await listed(id));
      }),
      { numRuns: 3 },
    );
  });

  it('that has ended ends at once, with what the client lacks', async () => {
    const id = await api.startedId('quick');
    const all = await eventually('the end', async () => {
      const ids = await listed(id);
      return (await read({ path: pathOf(id) })).isEnded && ids;
    });
    const { messages, isEnded } = await read({ path: pathOf(id), after: all.at(-2) });
    expect(messages.map(({ event }) => event)).toEqual(['snapshot', 'execution.ended']);
    expect(isEnded).toBe(true);
  });

  it.each(['x', '1', '-1.2', '99999999999999999999.1', '<script>'])(
    'takes an id that is none of ours for none: %s',
    async (after) => {
      const id = await api.startedId('quick');
      const { messages } = await read({ path: pathOf(id), after });
      expect(messages[1]?.event).toBe('execution.created');
    },
  );
});

describe('the public records', () => {
  const path = '/api/v1/events';
  const query = { public: 'true' };

  it('come as they are in their topic, once over any reconnects', async () => {
    const opened = await read({ path, query, count: 0 });
    let after = opened.messages[0]?.id;
    const seen: string[] = [];
    const started = new Set<string>();
    const ended = new Set<string>();
    for (let n = 0; n < 12; n += 1) {
      started.add(await api.startedId('quick'));
      const { messages } = await read({ path, query, after, count: 1 + (n % 3) });
      after = messages.at(-1)?.id ?? after;
      seen.push(...messages.filter(({ event }) => event !== 'snapshot').map(seqOf));
    }
    while (ended.size < started.size) {
      const { messages } = await read({ path, query, after, count: 1 });
      after = messages.at(-1)?.id ?? after;
      seen.push(...messages.filter(({ event }) => event !== 'snapshot').map(seqOf));
      for (const { execution } of await publicIds())
        if (allSeen(execution, seen)) ended.add(execution);
    }
    const wanted = (await publicIds()).map(({ execution, seq }) => `${execution}/${seq}`);
    expect([...seen].sort()).toEqual(
      [...wanted.filter((each) => started.has(each.slice(0, 26)))].sort(),
    );
  });

  /** Three records an execution: created, task ended, ended. */
  function allSeen(execution: string, seen: readonly string[]): boolean {
    return seen.filter((each) => each.startsWith(execution)).length === 3;
  }

  function seqOf({ data }: Message): string {
    const { seq, data: about } = data as { seq: number; data: { executionId: string } };
    return `${about.executionId}/${seq}`;
  }

  async function publicIds(): Promise<
    readonly { readonly execution: string; readonly seq: number }[]
  > {
    return (await api.records('executions')).map(({ headers }) => {
      const [execution = '', seq = ''] = (headers['ce_id'] ?? '').split('/');
      return { execution, seq: Number(seq) };
    });
  }
});
