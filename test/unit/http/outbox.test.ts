/** What waits for one client: bounded, and cut with a word. */
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../src/http/outbox.ts';
import { OpenStreams, type Outlet } from '../../../src/http/sse.ts';
import { limits } from '../../../src/model/limits.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { VirtualClock } from '../sqlite/virtual-clock.ts';

const waitingMax = limits.streamWaitingBytes.value;

function textsOf(outbox: Outbox): string {
  let all = '';
  for (let text = outbox.take(); text !== undefined; text = outbox.take()) all += text;
  return all;
}

describe('an outbox', () => {
  it('is full at its limit, and says when there is room again', async () => {
    const outbox = new Outbox(() => undefined);
    const data = 'x'.repeat(10_000);
    while (!outbox.isFull) outbox.send({ event: 'e', data });
    let hasRoom = false;
    const room = outbox.room().then(() => (hasRoom = true));
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    outbox.take();
    await room;
    expect(outbox.isFull).toBe(false);
    expect(textsOf(outbox).length).toBeGreaterThan(waitingMax * 0.9);
  });

  it('writes many messages at once, in their order, and a long one alone', () => {
    const outbox = new Outbox(() => undefined);
    const long = 'x'.repeat(100_000);
    for (const data of [1, 2, long, 3]) outbox.send({ id: '4', event: 'e', data });
    const message = (data: unknown): string => `event: e\ndata: ${JSON.stringify(data)}\nid: 4\n\n`;
    expect(outbox.take()).toBe(message(1) + message(2));
    expect(outbox.take()).toBe(message(long));
    expect(outbox.take()).toBe(message(3));
    expect(outbox.take()).toBeUndefined();
  });

  it('ends when its source does not mind that it is full, behind what was sent, with a word', () => {
    const outbox = new Outbox(() => undefined);
    let stopped = 0;
    outbox.onOver(() => (stopped += 1));
    for (let n = 0; n < 20_000; n += 1) outbox.send({ id: String(n), event: 'e', data: n });
    expect([outbox.isOver, stopped]).toEqual([true, 1]);
    const text = textsOf(outbox);
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(ids.map((_, index) => index));
    expect(text.split('\n\n').at(-2)).toMatch(
      /^event: cut\ndata: {"reason":"slow",.*Last-Event-ID/,
    );
  });

  it('tells why its source cannot go on', () => {
    const errors: unknown[] = [];
    const outbox = new Outbox((error) => errors.push(error));
    outbox.fail(new Error('The log cannot be reached'));
    expect(textsOf(outbox)).toContain(
      '"reason":"unavailable","message":"The log cannot be reached;',
    );
    expect(errors).toHaveLength(1);
  });

  it('that is over stops its source at once, and nobody waits for room', async () => {
    const outbox = new Outbox(() => undefined);
    while (!outbox.isFull) outbox.send({ event: 'e', data: 'x'.repeat(100_000) });
    const room = outbox.room();
    outbox.end();
    await room;
    let stopped = 0;
    outbox.onOver(() => (stopped += 1));
    expect(stopped).toBe(1);
  });
});

it('cuts off a client that takes nothing for a minute, and gives its memory back', async () => {
  const clock = new VirtualClock();
  const streams = new OpenStreams({ clock, logger: silentLogger });
  const outlets: Outlet[] = [];
  let stopped = 0;
  const app = new Hono();
  app.get('/', (context) =>
    streams.answer(context, (outlet) => {
      outlets.push(outlet);
      return () => (stopped += 1);
    }),
  );
  const response = await app.request('/');
  const [outlet] = outlets;
  if (outlet === undefined) throw new Error('not begun');
  const data = 'x'.repeat(100_000);
  while (!outlet.isFull) outlet.send({ id: '1', event: 'e', data });
  await clock.advance(limits.streamStalledMs.value - 1);
  expect([outlet.isOver, stopped]).toEqual([false, 0]);
  await clock.advance(1);
  expect([outlet.isOver, outlet.isFull, stopped]).toEqual([true, false, 1]);
  // What was under way, and then why there is no more: it comes again and goes on.
  const text = await response.text();
  expect(text.split('\n\n').at(-2)).toMatch(/^event: cut\ndata: {"reason":"slow"/);
  expect(text.length).toBeLessThan(limits.streamWaitingBytes.value / 2);
});
