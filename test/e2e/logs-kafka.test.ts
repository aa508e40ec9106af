/** Following over a cluster on a real Kafka: readers go from one api process to the other in the middle. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import { ApiClient } from '../../src/http/client/api-client.ts';
import { type ExecutionId, executionId, partitionOf, taskRunId } from '../../src/model/ids.ts';
import { encodeLogLine } from '../../src/records/logs.ts';
import { present } from '../../src/support/assert.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { eventually } from '../support/memory-ports.ts';
import { type KafkaShells, startKafkaShells } from './kafka-shells.ts';

const sleeper = 'id: sleeper\nnamespace: demo\ntasks: [{ id: nap, type: sleep, duration: 1h }]\n';
const LINES = 20_000;

let processes: readonly KafkaShells[] = [];
let clients: readonly ApiClient[] = [];

beforeAll(async () => {
  const common = { brokers: await kafkaBrokers(), prefix: `logs-${randomUUID()}.`, partitions: 3 };
  const flows = [{ file: 'sleeper.yaml', text: sleeper }];
  const views = (): SqliteViews => new SqliteViews(':memory:');
  const first = await startKafkaShells({
    ...common,
    flows,
    roles: ['api', 'executor'],
    views: views(),
  });
  const second = await startKafkaShells({ ...common, flows: [], roles: ['api'], views: views() });
  processes = [first, second];
  const urls = await Promise.all(processes.map(({ shells }) => shells.listen()));
  clients = urls.map(({ url }) => new ApiClient(present(url, 'an address')));
});

afterAll(async () => {
  for (const each of [...processes].reverse()) await each.close();
});

function clientAt(n: number): ApiClient {
  return present(clients[n % clients.length], 'a client');
}

/** Says every tenth line twice, as a worker that is lost and its successor do. */
async function sayAll(id: ExecutionId): Promise<void> {
  const { log } = present(processes[0], 'a process');
  const producer = log.producer();
  const line = { execution: id, taskRun: taskRunId(id, 1), task: 'work', dispatch: 1 } as const;
  const say = (number: number): Promise<unknown> => {
    const record = encodeLogLine({
      ...line,
      number,
      level: 'info',
      message: String(number),
      timeMs: 1,
    });
    return producer.send('logs', partitionOf(id, log.partitions), record);
  };
  for (let first = 0; first < LINES; first += 500) {
    const numbers = Array.from({ length: 500 }, (_, n) => first + n);
    await Promise.all([...numbers, ...numbers.filter((n) => n % 10 === 0)].map(say));
  }
  producer.close();
}

it('gives each line once from whichever process, to the end of the execution', async () => {
  const started = await clientAt(0).request<{ executionId: string }>(
    'POST',
    '/api/v1/executions/demo/sleeper',
    { json: {} },
  );
  const id = executionId(started.executionId);
  const path = `/api/v1/executions/${id}`;
  await eventually('the execution at the other process', () =>
    clientAt(1)
      .request('GET', path)
      .then(
        () => true,
        () => false,
      ),
  );
  const said = sayAll(id).then(() => clientAt(0).request('POST', `${path}/kill`, { json: {} }));
  const lines: string[] = [];
  let reached: string | undefined;
  let end: unknown;
  for (let n = 0; end === undefined; n += 1) {
    const cut = new AbortController();
    const headers: Record<string, string> =
      reached === undefined ? {} : { 'last-event-id': reached };
    const stream = await clientAt(n).stream(`${path}/logs`, { headers, signal: cut.signal });
    const upTo = lines.length + 1 + ((n * 977) % 3_000);
    for await (const { id: place, event, data } of stream) {
      // What the route streams.
      if (event === 'end') end = JSON.parse(data);
      if (event !== 'line') continue;
      reached = place;
      lines.push((JSON.parse(data) as { message: string }).message);
      if (lines.length >= upTo) break;
    }
    cut.abort();
  }
  await said;
  expect(end).toEqual({ state: 'KILLED', complete: true });
  expect(lines).toHaveLength(LINES);
  expect(lines.findIndex((line, n) => line !== String(n))).toBe(-1);
});

it('finds dead letters over the partitions of the topic', async () => {
  const { log } = present(processes[1], 'a process');
  const producer = log.producer();
  for (let partition = 0; partition < log.partitions; partition += 1) {
    const value = JSON.stringify({ namespace: 'demo', flow: `gone-${partition}` });
    await producer.send('starts', partition, { key: null, value });
  }
  producer.close();
  interface Letter {
    readonly partition: number;
    readonly offset: number;
    readonly flow: string;
  }
  const letters = await eventually(
    'the dead letters',
    async () => {
      const { deadLetters } = await clientAt(1).request<{ deadLetters: readonly Letter[] }>(
        'GET',
        '/api/v1/dlq',
        { query: { reason: 'flow-unknown' } },
      );
      return deadLetters.length === log.partitions && deadLetters;
    },
    30_000,
  );
  expect(letters.map(({ flow }) => flow).sort()).toEqual(['gone-0', 'gone-1', 'gone-2']);
  for (const { partition, offset, flow } of letters) {
    const shown = await clientAt(0).request<object>('GET', `/api/v1/dlq/${partition}/${offset}`);
    expect(shown).toMatchObject({ record: { value: expect.stringContaining(flow) } });
  }
});
