/** `triggers decisions --follow`: asks again from where the last answer ended, over a restart of the server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Ran, run } from './terminal.ts';

interface Answer {
  readonly status: number;
  readonly body: object;
}

const GONE: Answer = { status: 404, body: { code: 'trigger-not-found', detail: 'It was deleted' } };

let server: Server;
let answers: Answer[] = [];
let asked: string[] = [];

beforeEach(async () => {
  asked = [];
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const { status, body } = answers.shift() ?? GONE;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function follow(...words: readonly string[]): Promise<Ran> {
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  const environment = { MILLRACE_SERVER: `http://127.0.0.1:${port}` };
  return run(['triggers', 'decisions', 'shop/fulfil/orders', '--follow', ...words], {
    environment,
  });
}

function page(cursor: string, ...reasons: readonly string[]): Answer {
  const decisions = reasons.map((reason, index) => ({
    time: '2026-01-31T01:59:00.123Z',
    ...{ namespace: 'shop', flow: 'fulfil', trigger: 'orders', reason },
    message: 'no\u001b[31m order',
    count: 1 + 4 * index,
    origin: { topic: 'orders', partition: 3, offset: 9 },
  }));
  return { status: 200, body: { decisions, cursor } };
}

const PATH = '/api/v1/triggers/shop/fulfil/orders/decisions';

it('prints what there is and what comes, each once, while the server comes and goes', async () => {
  answers = [
    page('0:4', 'filtered'),
    page('0:4'),
    { status: 503, body: { code: 'starting', detail: 'It starts' } },
    page('0:6', 'key-not-utf8', 'records-lost'),
  ];
  const { code, stdout, stderr } = await follow('--limit', '7');
  const line = (reason: string): string =>
    `2026-01-31 01:59:00.123 shop/fulfil/orders ${reason}: no\\u{1b}[31m order\n`;
  expect(stdout).toBe(line('filtered') + line('key-not-utf8') + line('records-lost (×5)'));
  expect(stderr).toMatch(/^It starts.*; waiting for it up to 30 s$/m);
  expect([code, stderr.includes('It was deleted')]).toEqual([4, true]);
  expect(asked.map(decodeURIComponent)).toEqual([
    `${PATH}?limit=7`,
    `${PATH}?after=0:4`,
    `${PATH}?after=0:4`,
    `${PATH}?after=0:4`,
    `${PATH}?after=0:6`,
  ]);
});

it('prints JSON lines, and asks for one reason when it is given one', async () => {
  answers = [page('0:1'), page('0:2', 'overlap')];
  const { stdout } = await follow('--json', '--reason', 'overlap');
  expect(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((text) => JSON.parse(text) as object),
  ).toMatchObject([{ reason: 'overlap', trigger: 'orders' }]);
  expect(asked.map(decodeURIComponent)).toEqual([
    `${PATH}?limit=50&reason=overlap`,
    `${PATH}?after=0:1&reason=overlap`,
    `${PATH}?after=0:2&reason=overlap`,
  ]);
});
