/** Commands that follow without end: what they print, and how they go on and end. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Ran, run as runIn } from './terminal.ts';

/** A stream that breaks once, and then is refused for good: the history has expired. */
let server: Server;
let streams: string[] = [];
let asked: { readonly path: string; readonly after: string | undefined }[] = [];

beforeEach(async () => {
  asked = [];
  server = createServer(({ url = '', headers }, response) => {
    asked.push({ path: url, after: headers['last-event-id']?.toString() });
    const text = streams.shift();
    if (text !== undefined) response.end(text);
    else response.writeHead(410).end('{"code":"history-expired","detail":"It is gone"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function run(...words: readonly string[]): Promise<Ran> {
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return runIn(words, { environment: { MILLRACE_SERVER: `http://127.0.0.1:${port}` } });
}

function message(id: string, event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\nid: ${id}\n\n`;
}

function letter(offset: number): string {
  return message(`0:${offset}`, 'dead-letter', {
    partition: 0,
    offset,
    time: '2026-01-31T01:59:00.123Z',
    reason: 'start-invalid',
    message: 'no\u001b[31m flow',
    origin: { topic: 'starts', partition: 5, offset: 9 },
    preview: '',
  });
}

it('dlq list --follow prints what comes, over reconnects', async () => {
  streams = [message('0:6', 'snapshot', { events: 1 }) + letter(6), letter(7)];
  const { code, stdout, stderr } = await run('dlq', 'list', '-f', '--reason', 'start-invalid');
  const line = (offset: number): string =>
    `0/${offset}  2026-01-31 01:59:00.123  start-invalid  starts/5 offset 9    no\\u{1b}[31m flow\n`;
  expect(stdout).toBe(line(6) + line(7));
  expect([code, stderr.includes('It is gone')]).toEqual([4, true]);
  const path = '/api/v1/dlq?reason=start-invalid&last=20';
  expect(asked).toEqual([
    { path, after: undefined },
    { path, after: '0:6' },
    { path, after: '0:7' },
  ]);
});

it('dlq list --follow prints JSON, one object a line', async () => {
  streams = [letter(6) + letter(7)];
  const { stdout } = await run('dlq', 'list', '-f', '--json');
  const offsets = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { offset: number }).offset);
  expect(offsets).toEqual([6, 7]);
});

it('events tail --public prints public records, and neither snapshots nor cuts', async () => {
  const record = {
    partition: 0,
    offset: 3,
    type: 'dev.millrace.execution.ended.v1',
    seq: 3,
    timeMs: Date.parse('2026-01-31T01:59:00.123Z'),
    data: { executionId: 'x', namespace: 'demo', flow: 'quick', state: 'SUCCESS' },
  };
  streams = [
    message('0:2', 'snapshot', { events: 0 }) +
      message('0:3', record.type, record) +
      'event: cut\ndata: {"reason":"slow"}\n\n',
  ];
  const { stdout } = await run('events', 'tail', '--public');
  expect(stdout).toBe('2026-01-31 01:59:00.123  demo/quick  x  #3  execution.ended  SUCCESS\n');
  expect(asked.at(-1)).toEqual({ path: '/api/v1/events?public=true', after: '0:3' });
});
