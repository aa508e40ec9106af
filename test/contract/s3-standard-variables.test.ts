/** What the standard variables say of S3 and of proxies reaches the server, by way of the configuration. */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readArrival } from '../../plugins/s3/settings.ts';
import { S3BlobStore } from '../../src/adapters/s3/blob-store.ts';
import { S3Connection } from '../../src/adapters/s3/connection.ts';
import { proxyChoice } from '../../src/adapters/system/proxies.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { pluginSchemas } from '../../src/main.ts';
import { PluginHost } from '../../src/plugin/host.ts';
import type { JsonObject } from '../../src/plugin/index.ts';
import { present } from '../../src/support/assert.ts';
import { ForwardProxy } from '../services/forward-proxy.ts';
import { resolveOnly } from '../services/resolver.ts';
import { S3_START_TIMEOUT_MS, s3Account } from '../services/s3.ts';
import { emptyBucket, serve } from './s3-scene.ts';
import { Watch } from './s3-watch.ts';

beforeAll(s3Account, S3_START_TIMEOUT_MS);

async function configured(env: Readonly<Record<string, string>>): Promise<LoadedConfig> {
  const loaded = loadConfig({ env, folder: '/nowhere', plugins: await pluginSchemas([]) });
  expect(loaded.problems).toEqual([]);
  return loaded;
}

async function settingsOf({ config }: LoadedConfig): Promise<JsonObject> {
  const host = await PluginHost.load(config.plugins, config.plugin);
  return present(await host.trigger('s3.arrival'), 's3.arrival').settings;
}

async function accountVariables(): Promise<Readonly<Record<string, string>>> {
  const { endpoint, region, accessKeyId, secretAccessKey } = await s3Account();
  return {
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: region },
  };
}

/** A server that says no, and what it was asked with. */
async function refuser() {
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const endpoint = await serve((request, response) => {
    headers.push(request.headers);
    response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
  });
  return { endpoint, headers };
}

describe('AWS_*', () => {
  it('are enough for large values', async () => {
    const bucket = await emptyBucket();
    const blobs = { MILLRACE_BLOBS__TYPE: 's3', MILLRACE_BLOBS__BUCKET: bucket.name };
    const { config } = await configured({ ...(await accountVariables()), ...blobs });
    if (config.blobs.type !== 's3') throw new Error('the variables say s3');
    const store = await S3BlobStore.open({ ...config.blobs, now: () => Date.now() });
    onTestFinished(() => store.close());
    const { sha256 } = await store.put(new TextEncoder().encode('hello'), 'text/plain');
    expect(await bucket.keys()).toEqual([`blobs/${sha256}`]);
  });

  it('are enough for a trigger that names but its bucket', async () => {
    const bucket = await emptyBucket();
    await bucket.put('a', 'a');
    const watch = Watch.of({ bucket: bucket.name });
    await watch.look({ settings: await settingsOf(await configured(await accountVariables())) });
    expect(watch.started).toEqual(['a']);
  });

  it('carry the token of a temporary key', async () => {
    const { endpoint, headers } = await refuser();
    const variables = { ...(await accountVariables()), AWS_ENDPOINT_URL_S3: endpoint };
    const loaded = await configured({ ...variables, AWS_SESSION_TOKEN: 'temporary' });
    const look = Watch.of({ bucket: 'some' }).look({ settings: await settingsOf(loaded) });
    await expect(look).rejects.toThrow(/403 AccessDenied$/);
    expect(headers[0]).toMatchObject({ 'x-amz-security-token': 'temporary' });
  });

  it('are shown to no server that a flow names', async () => {
    const { endpoint, headers } = await refuser();
    const settings = await settingsOf(await configured(await accountVariables()));
    const allow = [new URL(endpoint).host];
    const look = Watch.of({ bucket: 'some', endpoint }).look({ settings: { ...settings, allow } });
    await expect(look).rejects.toThrow(/was not signed: give the trigger .* or AWS_ACCESS_KEY_ID/);
    expect(headers).toHaveLength(1);
    expect(headers[0]).not.toHaveProperty('authorization');
  });
});

describe('through a proxy', () => {
  async function scene(host = 'storage.example') {
    const proxy = await ForwardProxy.start();
    onTestFinished(() => {
      proxy.close();
    });
    const bucket = await emptyBucket();
    proxy.resolve(host, (await s3Account()).endpoint);
    const variables = { ...(await accountVariables()), HTTP_PROXY: proxy.url };
    const loaded = await configured({ ...variables, AWS_ENDPOINT_URL: `http://${host}` });
    return { proxy, bucket, loaded, proxyFor: proxyChoice(loaded.config.proxy) };
  }

  it('keys are what they are', async () => {
    const { proxy, bucket, loaded, proxyFor } = await scene();
    await bucket.put('in/a b+ü', 'a');
    const watch = Watch.of({ bucket: bucket.name, prefix: 'in/', action: 'delete' });
    await watch.look({ settings: await settingsOf(loaded), proxyFor });
    expect([watch.started, await bucket.keys()]).toEqual([['in/a b+ü'], []]);
    expect(proxy.asked.at(-1)).toBe(
      `DELETE http://storage.example/${bucket.name}/in/a%20b%2B%C3%BC`,
    );
  });

  it('the dots of a key are not resolved (S7)', async () => {
    const { proxy, bucket, proxyFor } = await scene();
    const place = { ...bucket.place, endpoint: 'http://storage.example' };
    const connection = new S3Connection(place, { now: () => Date.now(), proxyFor });
    onTestFinished(() => connection.close());
    await connection.send({ method: 'GET', key: 'a/../../other/b' });
    expect(proxy.asked).toEqual([`GET http://storage.example/${bucket.name}/a/../../other/b`]);
  });

  it('large values are kept', async () => {
    const { proxy, bucket, loaded, proxyFor } = await scene();
    const { credentials, region } = { ...bucket.place, ...(await s3Account()) };
    const { endpoint = '' } = readArrival({}, await settingsOf(loaded)).place;
    const place = { ...bucket.place, credentials, region, endpoint, prefix: '' };
    const store = await S3BlobStore.open({ ...place, now: () => Date.now(), proxyFor });
    onTestFinished(() => store.close());
    const { uri } = await store.put(new TextEncoder().encode('hello'), 'text/plain');
    expect(Buffer.from((await store.get(uri)) ?? []).toString()).toBe('hello');
    expect(proxy.asked).toHaveLength(3);
  });

  it.each(['http://10.1.2.3', 'http://169.254.169.254', 'http://localhost:1'])(
    'a flow reaches no %s (S6)',
    async (endpoint) => {
      const { proxy, proxyFor } = await scene();
      const look = Watch.of({ bucket: 'some', endpoint }).look({ settings: {}, proxyFor });
      await expect(look).rejects.toThrow(/not a public address.*plugin\.s3\.allow/);
      expect(proxy.asked).toEqual([]);
    },
  );

  it('a flow reaches no name that this machine resolves to what is not public (S6)', async () => {
    const { proxy, proxyFor } = await scene('inner.example');
    onTestFinished(resolveOnly({ 'inner.example': '10.0.0.1' }));
    const endpoint = 'http://inner.example';
    const look = Watch.of({ bucket: 'some', endpoint }).look({ settings: {}, proxyFor });
    await expect(look).rejects.toThrow(/10\.0\.0\.1, which is not a public address/);
    expect(proxy.asked).toEqual([]);
  });
});
