import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';
import { formatProblem } from '../../../src/config/problems.ts';
import { pluginSchemas } from '../../../src/main.ts';

const plugins = await pluginSchemas([]);
const key = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'hunter2' };
const s3 = 'blobs: { type: s3, bucket: b }';

function load(yaml: string, env: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'millrace.yaml'), yaml);
  const loaded = loadConfig({ env, folder, plugins });
  return { ...loaded, said: loaded.problems.map(formatProblem) };
}

describe('AWS_* for large values', () => {
  it('are the key, the region and the endpoint that the configuration does not name', () => {
    const env = { ...key, AWS_SESSION_TOKEN: 't', AWS_REGION: 'eu-west-1' };
    const { config, said } = load(s3, { ...env, AWS_ENDPOINT_URL: 'http://minio:9000' });
    expect(said).toEqual([]);
    expect(config.blobs).toMatchObject({
      ...{ region: 'eu-west-1', endpoint: 'http://minio:9000', forcePathStyle: true },
      credentials: { accessKeyId: 'id', secretAccessKey: 'hunter2', sessionToken: 't' },
    });
  });

  it.each([
    [{ AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' }, { region: 'a' }],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'b' }, { region: 'b' }],
    [
      { AWS_ENDPOINT_URL_S3: 'http://a', AWS_ENDPOINT_URL: 'http://b' },
      { endpoint: 'http://a', region: 'us-east-1' },
    ],
  ])('%j: %j', (env, blobs) => {
    expect(load(s3, { ...key, ...env }).config.blobs).toMatchObject(blobs);
  });

  it('are weaker than every source of ours', () => {
    const yaml = 'blobs: { type: s3, bucket: b, region: own, accessKeyId: k, secretAccessKey: s }';
    const { config, sources } = load(yaml, {
      ...{ ...key, AWS_SESSION_TOKEN: 't', AWS_REGION: 'theirs', AWS_ENDPOINT_URL: 'http://b' },
      MILLRACE_BLOBS__ENDPOINT: 'http://own',
    });
    expect(config.blobs).toMatchObject({ region: 'own', endpoint: 'http://own' });
    expect(config.blobs).toHaveProperty('credentials', { accessKeyId: 'k', secretAccessKey: 's' });
    expect(sources.get('blobs.region')?.name).toBe('millrace.yaml:1');
  });

  it('never fill up half a key', () => {
    for (const part of ['accessKeyId: k', 'secretAccessKey: s', 'sessionToken: t']) {
      const { said } = load(`blobs: { type: s3, bucket: b, ${part} }`, key);
      expect(said, part).toEqual([expect.stringContaining('or no part of a key there, and AWS_')]);
    }
  });

  it('are named where the key is missing', () => {
    const both = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment';
    const [none] = load(s3, {}).said;
    expect(none).toContain('needs `blobs.accessKeyId` and `blobs.secretAccessKey` beside it, or ');
    expect(none).toContain(both);
    const [half] = load(s3, { AWS_ACCESS_KEY_ID: 'id' }).said;
    expect(half).toContain('needs `blobs.secretAccessKey` beside it, or ');
    expect(half).toContain(both);
    const [bucket] = load('blobs: { type: s3 }', key).said;
    expect(bucket).toMatch(/needs `blobs.bucket` beside it$/);
  });

  it('say nothing to who keeps them in files', () => {
    const { config, said } = load('', key);
    expect(said).toEqual([]);
    expect(config.blobs).toEqual({ type: 'file' });
  });
});

describe('AWS_* for the plugin s3', () => {
  it('are its settings, unless the configuration has them', () => {
    const env = { ...key, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: 'http://minio:9000' };
    const server = { region: 'eu-west-1', endpoint: 'http://minio:9000' };
    expect(load('', env).config.plugin['s3']).toEqual({
      ...{ ...server, accessKeyId: 'id', secretAccessKey: 'hunter2' },
    });
    const own = load('plugin: { s3: { accessKeyId: k, secretAccessKey: s } }', env);
    expect(own.config.plugin['s3']).toEqual({
      ...{ ...server, accessKeyId: 'k', secretAccessKey: 's' },
    });
  });
});

describe('the variables of proxies', () => {
  it('are proxy.*, the lower case first, with or without http://', () => {
    const { config, said, sources } = load('', {
      ...{ HTTP_PROXY: 'http://upper:1', http_proxy: 'lower:1', HTTPS_PROXY: 'http://a:2' },
      NO_PROXY: 'a.example, .b.example 10.0.0.0/8',
    });
    expect(said).toEqual([]);
    expect(config.proxy).toEqual({
      ...{ http: 'http://lower:1', https: 'http://a:2' },
      except: ['a.example', '.b.example', '10.0.0.0/8'],
    });
    expect(sources.get('proxy.http')).toEqual({ kind: 'environment', name: 'http_proxy' });
  });

  it('are weaker than the configuration', () => {
    const env = { HTTP_PROXY: 'socks5://a:1', NO_PROXY: '*' };
    const { config, said } = load('proxy: { http: "http://own:1", except: [] }', env);
    expect(said).toEqual([]);
    expect(config.proxy).toEqual({ http: 'http://own:1', except: [] });
  });

  it.each(['socks5://me:hunter2@a:1', 'me:hunter2@a:x', 'http://me:hunt@er2@a:x'])(
    'that name none are said, without what stands before the host: %s',
    (address) => {
      const { said } = load('', { HTTP_PROXY: address });
      expect(said).toEqual([
        expect.stringContaining('proxy.http (HTTP_PROXY): must be an address such as `http://'),
      ]);
      expect(said[0]).toContain('***@a:');
      expect(said[0]).not.toContain('hunt');
    },
  );
});

describe('config print', () => {
  it('hides the log-in of a proxy', () => {
    const loaded = load('', { HTTP_PROXY: 'me:hunt@er2@proxy.example:1' });
    const text = printConfig(loaded, { format: 'yaml', redacted: true, sources: true });
    expect(text).toContain('http: http://***@proxy.example:1 # HTTP_PROXY');
  });

  it('names the variables, and keeps the secrets', () => {
    const loaded = load(s3, { ...key, AWS_SESSION_TOKEN: 'hunter2', AWS_DEFAULT_REGION: 'r' });
    for (const format of ['yaml', 'json'] as const) {
      const text = printConfig(loaded, { format, redacted: true, sources: true });
      expect(text).not.toContain('hunter2');
      expect(text).toContain('AWS_SECRET_ACCESS_KEY');
    }
    const text = printConfig(loaded, { format: 'yaml', redacted: true, sources: true });
    expect(text).toContain('accessKeyId: id # AWS_ACCESS_KEY_ID');
    expect(text).toContain('region: r # AWS_DEFAULT_REGION');
  });
});
