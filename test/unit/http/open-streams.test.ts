/** What all streams have in common: heartbeats, their number, the end of the process. */
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { Problem } from '../../../src/http/problem.ts';
import { HEARTBEAT_MS, OpenStreams, type StreamMessage } from '../../../src/http/sse.ts';
import { limits } from '../../../src/model/limits.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { VirtualClock } from '../sqlite/virtual-clock.ts';

interface Served {
  readonly clock: VirtualClock;
  readonly streams: OpenStreams;
  open(): Promise<Response>;
  /** Into the streams that are open, and the ends of these. */
  readonly sources: { send(message: StreamMessage): void; end(): void }[];
  stopped(): number;
}

function serve(): Served {
  const clock = new VirtualClock();
  const streams = new OpenStreams({ clock, logger: silentLogger });
  const sources: Served['sources'] = [];
  let stopped = 0;
  const app = new Hono();
  app.onError((error, context) => {
    if (!(error instanceof Problem)) throw error;
    return context.json({ code: error.code, retry: error.retryAfterSeconds }, 503);
  });
  app.get('/', (context) =>
    streams.answer(context, ({ send, end }) => {
      sources.push({ send, end });
      return () => (stopped += 1);
    }),
  );
  const open = async (): Promise<Response> => app.request('/');
  return { clock, streams, open, sources, stopped: () => stopped };
}

function reader(response: Response): () => Promise<string | undefined> {
  const { body } = response;
  if (body === null) throw new Error('a stream without a body');
  const chunks = body.pipeThrough(new TextDecoderStream()).getReader();
  return async () => (await chunks.read()).value;
}

it('says that it is connected, and then that it still is', async () => {
  const { clock, open, sources } = serve();
  const next = reader(await open());
  expect(await next()).toBe(': open\n\n');
  for (let beat = 0; beat < 3; beat += 1) {
    const coming = next();
    await clock.advance(HEARTBEAT_MS);
    expect(await coming).toBe(': still here\n\n');
  }
  const coming = next();
  sources[0]?.send({ id: '1', event: 'said', data: { text: 'two\nlines' } });
  expect(await coming).toBe('event: said\ndata: {"text":"two\\nlines"}\nid: 1\n\n');
});

it('opens no more than the limit, and another once one has gone', async () => {
  const { open, sources, stopped } = serve();
  const opened = [];
  for (let n = 0; n < limits.openStreams.value; n += 1) opened.push(await open());
  const refused = await open();
  expect(refused.status).toBe(503);
  expect(await refused.json()).toEqual({ code: 'streams-full', retry: 5 });
  sources[0]?.end();
  await opened[0]?.text();
  expect(stopped()).toBe(1);
  expect((await open()).status).toBe(200);
});

it('stops its source when the client goes', async () => {
  const { open, stopped, sources } = serve();
  const response = await open();
  await response.body?.cancel();
  sources[0]?.send({ event: 'said', data: 1 });
  await expect.poll(stopped).toBe(1);
});

it('ends with the process, and begins none after', async () => {
  const { open, streams, stopped } = serve();
  const response = await open();
  streams.close();
  expect(await response.text()).toBe(': open\n\n');
  expect(stopped()).toBe(1);
  expect((await open()).status).toBe(503);
});

it('ends behind what it has sent when the client is too slow, so that it can resume there', async () => {
  const { open, sources } = serve();
  const response = await open();
  const [source] = sources;
  for (let n = 0; n < 50_000; n += 1) source?.send({ id: String(n), event: 'e', data: n });
  const text = await response.text();
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(ids.length).toBeLessThan(50_000);
  expect(ids).toEqual(ids.map((_, index) => index));
});
