/**
 * Objects that arrive in the run's real S3, through the real command. Between the two stands a proxy that can
 * hold requests, so that the process can be killed when an object has been found and not yet moved.
 */
import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type Server } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3_START_TIMEOUT_MS, s3Account, type S3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';
import { eventually } from '../support/memory-ports.ts';
import { MillraceFolder } from './millrace-folder.ts';

class HoldingProxy {
  readonly #server: Server;
  readonly #target: URL;
  /** Requests that are held are not passed on, ever: whoever sent them is killed. */
  holds: (request: IncomingMessage) => boolean = () => false;
  held = 0;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((request, response) => {
      this.#pass(request, response);
    });
  }

  static async start(target: string): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get host(): string {
    // A TCP server's address is an AddressInfo; only pipes answer with a string.
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    await closed;
  }

  /** The host stays what the sender signed. */
  #pass(request: IncomingMessage, response: ServerResponse): void {
    if (this.holds(request)) {
      this.held += 1;
      return;
    }
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = request;
    const onward = forward({ hostname, port, method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}

interface Executions {
  readonly executions: readonly { readonly executionId: string; readonly state: string }[];
}

let account: S3Account;
let bucket: TestBucket;
let proxy: HoldingProxy;
let millrace: MillraceFolder;

beforeAll(async () => {
  account = await s3Account();
}, S3_START_TIMEOUT_MS);

beforeEach(async () => {
  bucket = await TestBucket.create(account);
  proxy = await HoldingProxy.start(account.endpoint);
  millrace = await MillraceFolder.make({
    MILLRACE_PLUGIN__S3__ALLOW: proxy.host,
    MILLRACE_SECRET_S3_KEY: account.accessKeyId,
    MILLRACE_SECRET_S3_SECRET: account.secretAccessKey,
  });
  millrace.write('flows/files.yaml', flow(''));
});

afterEach(async () => {
  await millrace.remove();
  await proxy.stop();
  await bucket.close();
});

function flow(more: string): string {
  return `
id: files
namespace: shop
triggers:
  - id: arrival
    type: s3.arrival
    bucket: ${bucket.name}
    prefix: in/
    endpoint: http://${proxy.host}
    accessKeyId: << secret('S3_KEY') >>
    secretAccessKey: << secret('S3_SECRET') >>
    interval: 1s
    action: move
    moveTo: { prefix: done/ }
    ${more}
tasks:
  - id: said
    type: output
    values:
      uri: << trigger.objects[0].uri >>
outputs:
  - { id: uri, type: string, value: << outputs.said.uri >> }
`;
}

/** The sum of a metric's values, of those lines that have the label. */
async function countOf(metric: string, label = ''): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${millrace.managementPort}/metrics`, {
    headers: { connection: 'close' },
  });
  return (await answer.text())
    .split('\n')
    .filter((line) => line.startsWith(metric) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function hasKeys(...keys: readonly string[]): Promise<boolean> {
  return JSON.stringify(await bucket.keys()) === JSON.stringify(keys);
}

async function executions(): Promise<Executions['executions']> {
  const list = await millrace.json<Executions>('executions', 'list', '--flow', 'files');
  return list.executions;
}

describe('an object that arrives', () => {
  // A move is a copy, then a deletion.
  it.each([
    ['start and its move', 'PUT', ['in/order.csv']],
    ['copy and its deletion', 'DELETE', ['done/order.csv', 'in/order.csv']],
  ])('starts its execution once, with a kill -9 between its %s', async (_, held, left) => {
    proxy.holds = ({ method }) => method === held;
    await bucket.put('in/order.csv', 'a,b');
    const first = await millrace.start();
    await eventually('the move to be asked for', () => proxy.held > 0, 30_000);
    await first.end('SIGKILL');
    expect(await bucket.keys()).toEqual(left);

    proxy.holds = () => false;
    await millrace.start();
    await eventually('the object to be moved', async () => hasKeys('done/order.csv'), 30_000);
    await eventually('the execution to end', async () => {
      const [one] = await executions();
      return one?.state === 'SUCCESS';
    });
    // A look later, when a second one would have begun.
    await bucket.put('in/next.csv', 'c');
    await eventually('the next one', async () => hasKeys('done/next.csv', 'done/order.csv'));
    await eventually('both', async () => (await executions()).length === 2);
    const all = await executions();
    const uris = await Promise.all(
      all.map(async ({ executionId }) => {
        const { outputs } = await millrace.json<{ outputs: unknown }>(
          'executions',
          'get',
          executionId,
        );
        return outputs;
      }),
    );
    expect(uris).toEqual(
      expect.arrayContaining([
        { uri: `s3://${bucket.name}/in/order.csv` },
        { uri: `s3://${bucket.name}/in/next.csv` },
      ]),
    );
  });

  it('is one of a thousand in one look: a thousand executions', async () => {
    const keys = Array.from({ length: 1_000 }, (_, at) => `in/${at}`);
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => bucket.put(key, key)));
    }
    await millrace.start();
    await eventually(
      'all to be moved',
      async () => !(await bucket.keys()).some((key) => key.startsWith('in/')),
      120_000,
    );
    const ended = () => countOf('millrace_executions_ended_total', 'state="SUCCESS"');
    await eventually('all to end', async () => (await ended()) >= 1_000, 60_000);
    expect(await ended()).toBe(1_000);
    expect(await countOf('millrace_executions_started_total')).toBe(1_000);
    const decided = (decision: string) =>
      countOf('millrace_trigger_events_total', `decision="${decision}"`);
    expect([await decided('started'), await decided('duplicate')]).toEqual([1_000, 0]);
  });
});
