/** Two api processes over one log, lines as workers write them, and readers of streams of lines. */
import { expect } from 'vitest';
import { SqliteViews } from '../../../src/adapters/sqlite/views.ts';
import { ApiClient } from '../../../src/http/client/api-client.ts';
import { type ExecutionId, executionId, partitionOf, taskRunId } from '../../../src/model/ids.ts';
import type { LogLevel } from '../../../src/model/records.ts';
import type { LogProducer } from '../../../src/ports/log.ts';
import { encodeLogLine } from '../../../src/records/logs.ts';
import { eventually } from '../../support/memory-ports.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';

export const LINES = 12;

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

export let running: WiredShells;
/** A second api process of the same cluster, with views of its own. */
let other: WiredShells;
let clients: readonly ApiClient[];
let worker: LogProducer;

export async function openCluster(): Promise<void> {
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
}

export async function closeCluster(): Promise<void> {
  worker.close();
  await other.close();
  await running.close();
}

export function clientAt(n: number): ApiClient {
  const client = clients[n % clients.length];
  if (client === undefined) throw new Error('no client');
  return client;
}

export async function start(flow: string): Promise<ExecutionId> {
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

export async function end(id: ExecutionId): Promise<void> {
  await clientAt(0).request('POST', `/api/v1/executions/${id}/kill`, { json: {} });
}

export interface Said {
  readonly run?: number;
  readonly dispatch?: number;
  readonly level?: LogLevel;
  readonly timeMs?: number;
  readonly text?: string;
}

/** A line as a worker writes it. */
export async function say(
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

export interface Read {
  readonly messages: readonly string[];
  readonly reached: string | undefined;
  readonly end: { readonly state: string; readonly complete: boolean } | undefined;
}

/** Reads behind `after`, at most `count` lines, then cuts the connection. */
export async function read(
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
export async function follow(id: ExecutionId, cuts: readonly number[]): Promise<readonly string[]> {
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
