/** The flows of flows/ that files in S3 and the clock start, through the real command on the embedded log. */
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3_START_TIMEOUT_MS, s3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';
import { eventually } from '../support/memory-ports.ts';
import { MillraceFolder } from './millrace-folder.ts';

const examples = path.join(import.meta.dirname, '../../flows');

/** The world outside: takes files in, and gives the orders of a day. */
class Outside {
  /** Bodies of what was posted. */
  readonly posted: unknown[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        if (request.method === 'POST') {
          this.posted.push(JSON.parse(Buffer.concat(chunks).toString()));
          response.end('{}');
        } else {
          const day = new URL(request.url ?? '', 'http://outside').searchParams.get('day');
          response.end(
            JSON.stringify(day === '2026-01-31' ? [{ amount: 4.5 }, { amount: 8 }] : []),
          );
        }
      });
    });
  }

  static async start(): Promise<Outside> {
    const outside = new Outside();
    outside.#server.listen(0, '127.0.0.1');
    await once(outside.#server, 'listening');
    return outside;
  }

  get url(): string {
    // A TCP server's address is an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    await closed;
  }
}

interface Execution {
  readonly executionId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly outputs: unknown;
}

let outside: Outside;
let millrace: MillraceFolder;

/** The newest execution of a flow that has ended; each test is the first to run its flow. */
async function ended(flow: string): Promise<Execution> {
  const id = await eventually(
    `an execution of ${flow} to end`,
    async () => {
      const { executions } = await millrace.json<{ readonly executions: readonly Execution[] }>(
        ...['executions', 'list', '--flow', flow],
      );
      return executions.find(({ state }) => state !== 'CREATED' && state !== 'RUNNING')
        ?.executionId;
    },
    60_000,
  );
  return millrace.json<Execution>('executions', 'get', id);
}

beforeAll(async () => {
  outside = await Outside.start();
});

afterAll(async () => {
  await outside.stop();
});

describe('shop.files/take-in-files', () => {
  let bucket: TestBucket;

  beforeAll(async () => {
    const account = await s3Account();
    bucket = await TestBucket.create(account);
    millrace = await MillraceFolder.make({
      MILLRACE_ENV_FILES_BUCKET: bucket.name,
      MILLRACE_ENV_FILES_ENDPOINT: account.endpoint,
      MILLRACE_SECRET_FILES_KEY: account.accessKeyId,
      MILLRACE_SECRET_FILES_SECRET: account.secretAccessKey,
      MILLRACE_PLUGIN__S3__ALLOW: new URL(account.endpoint).host,
      MILLRACE_PLUGIN__HTTP__ALLOW: new URL(outside.url).host,
    });
    millrace.write('millrace.yaml', `globals: { importer: '${outside.url}' }\n`);
  }, S3_START_TIMEOUT_MS);

  afterAll(async () => {
    await millrace.remove();
    await bucket.close();
  });

  it('takes in what has arrived, each file once, and moves it away', async () => {
    const keys = Array.from({ length: 25 }, (_, at) => `incoming/${at + 10}.csv`);
    for (const key of [...keys, 'incoming/readme.txt']) await bucket.put(key, 'a,b');
    // As the file says: without this line.
    const flow = readFileSync(path.join(examples, 'take-in-files.yaml'), 'utf8');
    millrace.write('flows/take-in-files.yaml', flow.replace('    disabled: true\n', ''));
    await millrace.start();
    const { state, outputs } = await ended('take-in-files');
    expect({ state, outputs }).toEqual({ state: 'SUCCESS', outputs: { count: 25, bytes: 75 } });
    expect(outside.posted).toHaveLength(25);
    expect(outside.posted).toEqual(
      expect.arrayContaining(
        keys.map((key): unknown =>
          expect.objectContaining({ key, size: 3, uri: `s3://${bucket.name}/${key}` }),
        ),
      ),
    );
    const moved = keys.map((key) => key.replace('incoming/', 'done/'));
    const there = [...moved, 'incoming/readme.txt'];
    await eventually(
      'the files to be moved',
      async () => JSON.stringify(await bucket.keys()) === JSON.stringify(there),
    );
  });
});

describe('shop.reports/nightly-report', () => {
  beforeAll(async () => {
    millrace = await MillraceFolder.make({
      MILLRACE_PLUGIN__HTTP__ALLOW: new URL(outside.url).host,
    });
    millrace.write('millrace.yaml', `globals: { orders: '${outside.url}' }\n`);
    for (const file of ['nightly-report.yaml', 'take-in-files.yaml']) {
      copyFileSync(path.join(examples, file), path.join(millrace.folder, 'flows', file));
    }
  });

  afterAll(async () => {
    await millrace.remove();
  });

  interface Tried {
    readonly events: readonly { readonly outcome: string; readonly inputs: unknown }[];
    readonly dueTimes: readonly string[];
  }

  it('is due each night, for the day before', async () => {
    await millrace.start();
    const { events, dueTimes } = await millrace.json<Tried>(
      ...['triggers', 'test', 'shop.reports/nightly-report/night'],
    );
    expect(dueTimes).toHaveLength(5);
    // The next five nights in Berlin, whatever the day that this runs on: 02:30, or 03:00 where that is not.
    for (const due of dueTimes) expect(due).toMatch(/T(02:30|03:00):00(\.000)?\+0[12]:00$/);
    const day = new Date(Date.parse((dueTimes[0] ?? '').slice(0, 10)) - 86_400_000);
    expect(events).toEqual([
      expect.objectContaining({
        inputs: { day: day.toISOString().slice(0, 10), source: outside.url },
      }),
    ]);
  });

  it('adds up the orders of its day', async () => {
    const input = `source=${outside.url}`;
    const { stdout } = await millrace.run(
      ...['run', 'shop.reports/nightly-report', '--wait', '--json'],
      ...['--input', 'day=2026-01-31', '--input', input],
    );
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'SUCCESS',
      labels: { day: '2026-01-31' },
      outputs: { orders: 2, amount: 12.5 },
    });
  });

  it('is fired by its schedule', async () => {
    const flow = readFileSync(path.join(examples, 'nightly-report.yaml'), 'utf8');
    const often = flow
      .replace('id: nightly-report', 'id: report-each-second')
      .replace('cron: 30 2 * * *', "cron: '* * * * * *'");
    millrace.write('flows/often.yaml', often);
    const { state, outputs, labels } = await ended('report-each-second');
    expect({ state, outputs }).toEqual({ state: 'SUCCESS', outputs: { orders: 0, amount: 0 } });
    expect(labels['day']).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  it('and the flow for files are quiet where nothing is set', async () => {
    const found = await millrace.json<{
      readonly triggers: readonly { readonly trigger: string; readonly state: string }[];
    }>('triggers', 'list', '--namespace', 'shop.files');
    expect(found.triggers).toMatchObject([{ trigger: 'arrival', state: 'DISABLED' }]);
  });
});
