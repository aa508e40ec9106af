/** `http.request` where the configuration has proxies. Everything is on loopback; only the proxy knows the names. */
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { proxyChoice } from '../../src/adapters/system/proxies.ts';
import { executionId, taskRunId } from '../../src/model/ids.ts';
import { type JsonObject, type TaskContext, TaskFailure } from '../../src/plugin/index.ts';
import { ForwardProxy } from '../../test/services/forward-proxy.ts';
import { resolveOnly } from '../../test/services/resolver.ts';
import { serviceCertificate } from '../../test/services/service-certificate.ts';
import { request } from './request.ts';

const execution = executionId('0'.repeat(26));
const HOST = 'service.example';

interface Options {
  readonly allow?: readonly string[];
  readonly except?: readonly string[];
  /** Before the host of the proxy. */
  readonly login?: string;
}

function through(proxy: ForwardProxy, options: Options = {}): TaskContext {
  const { allow = [HOST], except = [], login = '' } = options;
  const url = proxy.url.replace('//', `//${login}`);
  return {
    ...{ namespace: 'test', flow: 'flow', execution, taskRun: taskRunId(execution, 1) },
    ...{ task: 'call', attempt: 1, dispatch: 1, idempotencyKey: 'millrace-key-1' },
    signal: new AbortController().signal,
    log: () => undefined,
    topics: () => Promise.reject(new Error('no task of this plugin has topics')),
    settings: { allow },
    proxyFor: proxyChoice({ http: url, https: url, except }),
  };
}

async function startProxy(): Promise<ForwardProxy> {
  const proxy = await ForwardProxy.start();
  onTestFinished(() => {
    proxy.close();
  });
  return proxy;
}

/** Its address on loopback. */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  // A TCP server's address is an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function scene(answer: RequestListener = (_, response) => response.end('hello')) {
  const proxy = await startProxy();
  proxy.resolve(HOST, await listen(createHttp(answer)));
  return proxy;
}

async function failure(properties: JsonObject, context: TaskContext): Promise<TaskFailure> {
  const error: unknown = await request(properties, context).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(TaskFailure);
  return error as TaskFailure; // Asserted in the line before.
}

describe('a request through a proxy', () => {
  it('asks it for the whole URL, with its log-in', async () => {
    const hosts: (string | undefined)[] = [];
    const proxy = await scene(({ headers }, response) => {
      hosts.push(headers.host);
      response.end('hello');
    });
    const uri = `http://${HOST}/path?x=1`;
    const outputs = await request({ uri }, through(proxy, { login: 'me:p%40ss@' }));
    expect(outputs).toMatchObject({ status: 200, body: 'hello' });
    expect(proxy.asked).toEqual([`GET ${uri}`]);
    expect(proxy.logins).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
    expect(hosts).toEqual([HOST]);
  });

  it('goes through a tunnel with TLS to the server, which is checked', async () => {
    const proxy = await startProxy();
    const answer: RequestListener = (_, response) => response.end('hello');
    proxy.resolve(HOST, await listen(createHttps(serviceCertificate, answer)));
    const uri = `https://${HOST}/path`;
    const trusted = { uri, tls: { ca: serviceCertificate.cert } };
    expect(await request(trusted, through(proxy))).toMatchObject({ status: 200, body: 'hello' });
    expect(proxy.asked).toEqual([`CONNECT ${HOST}:443`]);
    expect((await failure({ uri }, through(proxy))).message).toContain('self-signed certificate');
  });

  it('is asked again at a redirect', async () => {
    const proxy = await scene(({ url }, response) => {
      if (url === '/to') response.end('there');
      else response.writeHead(302, { location: '/to' }).end();
    });
    const uri = `http://${HOST}/from`;
    const outputs = await request({ uri, followRedirects: 1 }, through(proxy));
    expect(outputs).toMatchObject({ body: 'there' });
    expect(proxy.asked).toEqual([`GET ${uri}`, `GET http://${HOST}/to`]);
  });

  it('fails when the proxy refuses, by whichever way', async () => {
    const proxy = await startProxy();
    for (const refusal of [403, 407]) {
      proxy.refusal = refusal;
      const tunnel = await failure({ uri: `https://${HOST}/` }, through(proxy));
      expect(tunnel).toMatchObject({ code: 'http.connection-failed', outcome: 'unknown' });
      expect(tunnel.message).toContain(`Proxy response (${refusal})`);
    }
    const plain = await failure({ uri: `http://${HOST}/` }, through(proxy));
    expect(plain.message).toContain('Proxy Authentication Required (407)');
  });

  it('times out when the proxy is silent', async () => {
    const proxy = await startProxy();
    proxy.isSilent = true;
    const times = { connectTimeout: '100ms', readTimeout: '100ms' };
    for (const scheme of ['http', 'https']) {
      const error = await failure({ uri: `${scheme}://${HOST}/`, ...times }, through(proxy));
      expect(error).toMatchObject({ code: 'http.timed-out', outcome: 'unknown' });
    }
  });

  it('is none for what proxy.except names, nor for this machine', async () => {
    const proxy = await startProxy();
    const origin = await listen(createHttp((_, response) => response.end('direct')));
    const local = origin.replace('127.0.0.1', 'localhost');
    for (const uri of [origin, local]) {
      const { host } = new URL(uri);
      expect(await request({ uri }, through(proxy, { allow: [host] }))).toMatchObject({
        body: 'direct',
      });
    }
    const direct = through(proxy, { allow: [], except: ['10.0.0.0/8'] });
    const error = await failure({ uri: 'http://10.1.2.3/' }, direct);
    expect(error.code).toBe('http.address-refused');
    expect(proxy.asked).toEqual([]);
  });
});

describe('the address policy where there is a proxy (S6)', () => {
  it.each([
    ...['http://169.254.169.254/', 'http://10.1.2.3/', 'https://192.168.0.1/', 'http://0.0.0.0/'],
    ...['http://localhost/', 'https://LOCALHOST/', 'http://[::1]/'],
    ...['http://2130706433/', 'http://0x7f000001/', 'http://[::ffff:127.0.0.1]/'],
    ...['http://[fd00::1]/', 'http://[::ffff:a9fe:a9fe]/'],
  ])('refuses %s before the proxy is asked', async (uri) => {
    const proxy = await startProxy();
    const error = await failure({ uri }, through(proxy, { allow: [] }));
    expect(error).toMatchObject({ code: 'http.address-refused', outcome: 'definite' });
    expect(proxy.asked).toEqual([]);
  });

  it('is asked for a redirect, too', async () => {
    const proxy = await scene((_, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
    });
    const error = await failure({ uri: `http://${HOST}/`, followRedirects: 3 }, through(proxy));
    expect(error.code).toBe('http.address-refused');
    expect(proxy.asked).toHaveLength(1);
  });

  it('refuses names that this machine resolves to what is not public', async () => {
    const proxy = await scene();
    const known = { 'inner.example': '10.0.0.1', [HOST]: '93.184.216.34' };
    onTestFinished(resolveOnly(known));
    const strict = through(proxy, { allow: [] });
    const error = await failure({ uri: 'https://inner.example/' }, strict);
    expect(error).toMatchObject({ code: 'http.address-refused', outcome: 'definite' });
    expect(error.message).toContain('add "inner.example" to plugin.http.allow');
    expect(proxy.asked).toEqual([]);
    expect(await request({ uri: `http://${HOST}/` }, strict)).toMatchObject({ body: 'hello' });
    const named = through(proxy, { allow: ['inner.example'] });
    expect((await failure({ uri: 'http://inner.example/' }, named)).code).toBe('http.status');
  });

  it('leaves names that this machine does not know to the proxy', async () => {
    const proxy = await scene();
    onTestFinished(resolveOnly({}));
    const outputs = await request({ uri: `http://${HOST}/` }, through(proxy, { allow: [] }));
    expect(outputs).toMatchObject({ body: 'hello' });
  });
});
