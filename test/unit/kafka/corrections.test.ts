import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectSocket } from '../../../src/adapters/kafka/corrections/sockets.ts';
import { filterAbortedMessages } from '../../../src/adapters/kafka/corrections/transactions.ts';
import { checkVersion, kafkajs } from '../../../src/adapters/kafka/corrections.ts';

const require = createRequire(import.meta.url);

describe('the version', () => {
  test('is the one that the corrections are for', () => {
    expect(() => checkVersion('2.2.4')).not.toThrow();
  });

  test('is checked, with what to do about another one', () => {
    expect(() => checkVersion('2.3.0')).toThrow(/kafkajs 2.3.0 is installed.*kafkajs@2.2.4/);
  });

  test('that was loaded past the corrections is noticed', async () => {
    const corrections = new URL('../../../src/adapters/kafka/corrections.ts', import.meta.url).href;
    const script = `await import('kafkajs'); await import(${JSON.stringify(corrections)})`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
    });
    await expect(run).rejects.toThrow(/kafkajs was loaded before its corrections/);
  });
});

test('a queue with nothing to do sets no timer', () => {
  const RequestQueue = require('kafkajs/src/network/requestQueue') as { prototype: object };
  const queue = Object.create(RequestQueue.prototype) as {
    throttleCheckTimeoutId: unknown;
    scheduleCheckPendingRequests(): void;
  };
  Object.assign(queue, { throttleCheckTimeoutId: null, throttledUntil: -1, pending: [] });
  queue.scheduleCheckPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
});

test('a queue that the broker has throttled looks again when the time is over', async () => {
  const RequestQueue = require('kafkajs/src/network/requestQueue') as { prototype: object };
  const queue = Object.create(RequestQueue.prototype) as { scheduleCheckPendingRequests(): void };
  const { promise, resolve } = Promise.withResolvers<number>();
  const startedMs = Date.now();
  Object.assign(queue, {
    throttleCheckTimeoutId: null,
    throttledUntil: startedMs + 40,
    pending: [{}],
    checkPendingRequests: () => resolve(Date.now() - startedMs),
  });
  queue.scheduleCheckPendingRequests();
  queue.scheduleCheckPendingRequests();
  expect(await promise).toBeGreaterThanOrEqual(39);
});

test('all who need a broker share one connect', async () => {
  const BrokerPool = require('kafkajs/src/cluster/brokerPool') as { prototype: object };
  const pool = Object.create(BrokerPool.prototype) as {
    connectBroker(broker: object): Promise<unknown>;
  };
  Object.assign(pool, { retrier: (attempt: (bail: () => void) => unknown) => attempt(() => 0) });
  let connects = 0;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const broker = { isConnected: () => false, connect: () => ++connects && promise };
  const waiting = Array.from({ length: 5 }, () => pool.connectBroker(broker));
  resolve(undefined);
  await Promise.all(waiting);
  expect(connects).toBe(1);
  await pool.connectBroker(broker);
  expect(connects).toBe(2);
});

describe('read_committed', () => {
  const message = (offset: number, producerId: string, inTransaction = true) => ({
    offset: String(offset),
    key: Buffer.from('k'),
    batchContext: { producerId, inTransaction },
  });
  const marker = (offset: number, producerId: string, type: number) => ({
    ...message(offset, producerId),
    key: Buffer.from([0, 0, 0, type]),
    isControlRecord: true,
  });

  test('hides aborted transactions, in whatever order the broker lists them', () => {
    const messages = [
      message(0, 'a'),
      message(1, 'b'),
      marker(2, 'b', 0),
      message(3, 'b'),
      message(4, 'a', false),
      marker(5, 'a', 0),
      message(6, 'a'),
    ];
    const abortedTransactions = [
      { producerId: 'b', firstOffset: '1' },
      { producerId: 'a', firstOffset: '0' },
    ];
    const left = filterAbortedMessages({ messages, abortedTransactions });
    expect(left.map(({ offset }) => offset)).toEqual(['2', '3', '4', '5', '6']);
  });

  test('does not take a zero key for an abort marker', () => {
    const zero = { ...message(1, 'a'), key: Buffer.alloc(4) };
    const messages = [message(0, 'a'), zero, message(2, 'a')];
    const abortedTransactions = [{ producerId: 'a', firstOffset: '0' }];
    expect(filterAbortedMessages({ messages, abortedTransactions })).toEqual([]);
    expect(filterAbortedMessages({ messages, abortedTransactions: null })).toHaveLength(3);
  });
});

test('a socket sends at once and keeps itself alive', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const calls: unknown[] = [];
  const { Socket } = await import('node:net');
  const setNoDelay = Socket.prototype.setNoDelay;
  onTestFinished(() => void (Socket.prototype.setNoDelay = setNoDelay));
  Socket.prototype.setNoDelay = function (isOn) {
    calls.push(isOn);
    return setNoDelay.call(this, isOn);
  };
  await new Promise<void>((onConnect) => {
    const socket = connectSocket({ host: '127.0.0.1', port, onConnect, ssl: noTls });
    onTestFinished(() => void socket.destroy());
  });
  expect(calls).toEqual([true]);
});

/** What kafkajs passes on when no TLS is configured; its types know TLS only. */
const noTls = null as unknown as object;

test('codecs of other clients are known to consumers', async () => {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const codec = CompressionCodecs[CompressionTypes.Snappy] as () => {
    compress(encoder: unknown): Promise<Buffer>;
    decompress(bytes: Buffer): Promise<Buffer>;
  };
  const raw = Buffer.from([3, 8, 97, 98, 99]);
  expect((await codec().decompress(raw)).toString()).toBe('abc');
  await expect(codec().decompress(Buffer.from([200]))).rejects.toThrow(/snappy/);
  await expect(codec().compress({})).rejects.toThrow(/are read, not written/);
});
