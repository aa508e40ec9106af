/** `millrace events send`, `topics` and `offsets`, against all roles in this process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openSqliteTopics } from '../../../src/adapters/sqlite/topics-port.ts';
import { TopicsConnections } from '../../../src/compose/topics-connections.ts';
import { eventually } from '../../support/memory-ports.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';
import { type Ran, run as runIn } from './terminal.ts';

const flow = `
id: greet
namespace: demo
inputs: [{ id: order, type: json }]
triggers:
  - id: orders
    type: kafka.realtime
    topic: orders
    startFrom: earliest
    when: << trigger.value.total > 0 >>
    inputs: { order: { key: << trigger.key >>, value: << trigger.value >>, via: << trigger.headers.via >> } }
tasks:
  - { id: tell, type: kafka.publish, topic: greetings, key: << inputs.order.key >>, value: << inputs.order >> }
`;

let wired: WiredShells;
let connections: TopicsConnections;

beforeAll(async () => {
  wired = await startShells({
    flows: [{ file: 'greet.yaml', text: flow }],
    ports: ({ clock, random, logger }) => {
      const embedded = () => openSqliteTopics({ file: ':memory:', clock, random, logger });
      connections = new TopicsConnections(new Map([['default', embedded]]));
      return { topics: connections };
    },
  });
});

afterAll(async () => {
  await wired.close();
  await connections.close();
});

function run(...words: readonly string[]): Promise<Ran> {
  return runIn(words, { environment: { MILLRACE_SERVER: wired.url } });
}

it('sends a record that starts a flow, which publishes another', async () => {
  const value = '{"total":5}';
  const words = ['--topic', 'orders', '--key', 'o1', '--value', value, '--header', 'via=cli'];
  const sent = await run('events', 'send', ...words);
  expect(sent).toMatchObject({ code: 0, stdout: 'orders/0 offset 0\n' });
  const peeked = await eventually('the greeting', async () => {
    const { code, stdout } = await run('topics', 'peek', 'greetings', '--json');
    return code === 0 && stdout.includes('o1') ? stdout : undefined;
  });
  const { records } = JSON.parse(peeked) as { records: { value: string; headers: object }[] };
  const [record] = records;
  expect(JSON.parse(record?.value ?? '')).toEqual({ key: 'o1', value: { total: 5 }, via: 'cli' });
  expect(record?.headers).toMatchObject({ 'idempotency-key': expect.stringMatching(/^millrace-/) });
  const lag = await eventually('no lag', async () => {
    const { stdout } = await run('topics', 'lag', 'orders');
    return / 1 +1 +0$/m.test(stdout) ? stdout : undefined;
  });
  expect(lag).toMatch(/^GROUP +PARTITION +COMMITTED +END +LAG\nmillrace\.demo\.greet\.orders +0/);
});

it('says why a record started nothing', async () => {
  await run('events', 'send', '--topic', 'orders', '--value', '{"total":0}');
  await run('events', 'send', '--topic', 'orders', '--value', 'no json');
  const reasons = async (): Promise<string> =>
    (await run('triggers', 'decisions', 'demo/greet/orders')).stdout;
  await eventually('decisions', async () => (await reasons()).includes('value-not-json'));
  expect(await reasons()).toContain('filtered');
  const dlq = await run('dlq', 'list', '--reason', 'value-not-json');
  expect(dlq.stdout).toMatch(/orders\/0 offset \d+ +demo\/greet/);
});

it('sends files and tombstones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.bin'), Buffer.from([0, 255]));
  const file = ['--file', join(folder, 'a.bin')];
  expect((await run('events', 'send', '--topic', 'files', ...file)).code).toBe(0);
  expect((await run('events', 'send', '--topic', 'files', '--key', 'k', '--tombstone')).code).toBe(
    0,
  );
  const { stdout } = await run('topics', 'peek', 'files');
  expect(stdout).toMatch(/^0\/0 .* AP8=$/m);
  expect(stdout).toMatch(/^0\/1 .* k +\(none\)$/m);
});

it('says that nothing is there yet from an offset on', async () => {
  expect(await run('topics', 'peek', 'orders', '--partition', '0', '--from', '999')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'There is nothing from offset 999 of partition 0 on.\n',
  });
});

it('lists topics and moves offsets', async () => {
  for (const value of ['1', '2', '3']) {
    await run('events', 'send', '--topic', 'moved', '--value', value);
  }
  expect((await run('topics', 'list')).stdout).toMatch(/^moved +1 +3 +\S+$/m);
  expect((await run('topics', 'list', '--internal', '-o', 'name')).stdout).toContain('events\n');
  const reset = await run('offsets', 'reset', 'g', 'moved', '--to', '1');
  expect(reset).toMatchObject({ code: 0, stdout: expect.stringMatching(/^g +0 +1 +3 +2$/m) });
  expect((await run('offsets', 'reset', 'g', 'moved', '--to', 'latest')).stdout).toMatch(/ 0$/m);
});

it.each([
  [['events', 'send', '--topic', 'orders'], 2, /Give one of --value, --file and --tombstone/],
  [['events', 'send', '--topic', 'a b', '--value', '1'], 4, /is no name for a topic/],
  [
    ['topics', 'peek', 'orders', '--partition', '5'],
    4,
    /orders has no partition 5: it has 1, from 0 on/,
  ],
  [
    ['topics', 'peek', 'decisions', '--internal', '--partition', '99'],
    4,
    /decisions has no partition 99: it has \d+, from 0 on/,
  ],
  [['topics', 'peek', 'oders'], 4, /There is no topic oders\. Did you mean orders\?/],
  [
    ['topics', 'list', '--connection', 'defalt'],
    4,
    /no connection defalt.*name the connection default/,
  ],
  [['offsets', 'reset', 'g', 'orders', '--to', 'never'], 2, /earliest, latest, or an offset/],
  [['offsets', 'reset', 'g', 'orders', '--to', '99999'], 4, /has no offset 99999/],
  [
    ['offsets', 'reset', 'millrace.demo.greet.orders', 'orders', '--to', 'earliest'],
    4,
    /is reading orders\. Stop its consumers first/,
  ],
])('refuses %j with %i', async (words, code, message) => {
  const ran = await run(...words);
  expect(ran.code).toBe(code);
  expect(ran.stderr).toMatch(message);
});
