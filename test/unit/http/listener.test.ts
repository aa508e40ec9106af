/** Sockets: the port, the host, slow senders, the end. */
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Listener, PortInUse } from '../../../src/http/listener.ts';

async function listen(port = 0, answer = (): Response => new Response('ok')): Promise<Listener> {
  const listener = await Listener.listen({
    fetch: answer,
    host: '127.0.0.1',
    port,
    key: 'http.port',
  });
  onTestFinished(() => listener.close(0));
  return listener;
}

it('a port in use is said, with one that is free', async () => {
  const { url } = await listen();
  const port = Number(new URL(url).port);
  const failure = await listen(port).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PortInUse);
  const { code, message, freePort } = failure as PortInUse;
  expect(code).toBe('port-in-use');
  expect(message).toBe(`Port ${port} is in use; ${String(freePort)} is free: set http.port to it`);
  expect((await listen(freePort)).url).toBe(`http://127.0.0.1:${String(freePort)}`);
});

it.each(['0.0.0.0', '::', '192.168.1.1', 'example.org'])(
  'S17: does not listen on %s',
  async (host) => {
    const fetch = (): Response => new Response('ok');
    const listening = Listener.listen({ fetch, host, port: 0, key: 'http.port' });
    await expect(listening).rejects.toMatchObject({ code: 'host-not-loopback' });
  },
);

it('S13: a head that never ends is answered with 431, and the connection closed', async () => {
  const { url } = await listen();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n');
  for (let n = 0; n < 1_000; n += 1) socket.write(`x-${n}: ${'y'.repeat(100)}\r\n`);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(text).toMatch(/^HTTP\/1\.1 431 /);
});

it.each([
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx'],
  [
    'S5: a length and chunks',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['no HTTP', '\u0016\u0003\u0001\u0002\r\n\r\n'],
])('refuses %s with 400', async (_case, request) => {
  const { url } = await listen();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  socket.on('error', () => undefined);
  socket.write(request, 'latin1');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
});

it('lets a request that is under way end', async () => {
  const began = Promise.withResolvers<undefined>();
  const goOn = Promise.withResolvers<undefined>();
  const listener = await Listener.listen({
    fetch: async () => {
      began.resolve(undefined);
      await goOn.promise;
      return new Response('done', { headers: { connection: 'close' } });
    },
    host: '127.0.0.1',
    port: 0,
    key: 'http.port',
  });
  const answer = fetch(listener.url);
  await began.promise;
  const closed = listener.close(10_000);
  goOn.resolve(undefined);
  expect(await (await answer).text()).toBe('done');
  await closed;
});

it('cuts one that takes longer than it may', async () => {
  const began = Promise.withResolvers<undefined>();
  const listener = await Listener.listen({
    fetch: () => {
      began.resolve(undefined);
      return new Promise<Response>(() => undefined);
    },
    host: '127.0.0.1',
    port: 0,
    key: 'http.port',
  });
  const answer = fetch(listener.url).catch((error: unknown) => error);
  await began.promise;
  await listener.close(10);
  expect(await answer).toBeInstanceOf(TypeError);
});
