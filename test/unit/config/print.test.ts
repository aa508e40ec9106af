import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import { printConfig } from '../../../src/config/print.ts';

const env = {
  MILLRACE_KAFKA__BROKERS: 'a:1,b:2',
  MILLRACE_KAFKA__SSL: 'true',
  MILLRACE_KAFKA__SSL__CA: '-----BEGIN A',
  MILLRACE_KAFKA__SSL__CERT: '-----BEGIN B',
  MILLRACE_KAFKA__SSL__KEY: '-----BEGIN hunter2',
  MILLRACE_KAFKA__SASL__USERNAME: 'u',
  MILLRACE_KAFKA__SASL__PASSWORD: 'hunter2',
  MILLRACE_KAFKA__CONNECTIONS__EU__REGISTRY: 'https://me:hunter2@registry.example/a@b',
  MILLRACE_PLUGIN__MAIL__PASSWORD: 'hunter2',
  MILLRACE_GLOBALS__API:
    '{ url: https://a.example, apiToken: hunter2, list: [{ secret: [hunter2] }] }',
};
const loaded = loadConfig({ env, folder: '/nowhere' });

describe('config print', () => {
  it('is a millrace.yaml', () => {
    expect(loaded.problems).toEqual([]);
    const text = printConfig(loaded, { format: 'yaml', redacted: false, sources: false });
    const printed: unknown = parse(text);
    expect(printed).toMatchObject({
      kafka: { brokers: ['a:1', 'b:2'], partitions: 12, ssl: { ca: '-----BEGIN A' } },
      executor: { checkpointInterval: '60s', liveBytesMax: '256MiB' },
      secrets: { provider: 'env' },
    });
    expect(
      JSON.parse(printConfig(loaded, { format: 'json', redacted: false, sources: false })),
    ).toEqual(printed);
  });

  it('redacted, has nothing that must not be seen', () => {
    for (const format of ['yaml', 'json'] as const) {
      const text = printConfig(loaded, { format, redacted: true, sources: true });
      expect(text).not.toContain('hunter2');
      expect(text).toContain('https://***@registry.example/a@b');
      expect(text).toContain('https://a.example');
    }
    const text = printConfig(loaded, { format: 'yaml', redacted: true, sources: false });
    expect(parse(text)).toMatchObject({
      kafka: { sasl: { username: 'u', password: '***' }, ssl: { key: '***' } },
      plugin: { mail: { password: '***' } },
      globals: { api: { apiToken: '***', list: [{ secret: ['***'] }] } },
      secrets: { provider: 'env' },
    });
  });

  it('with sources, says beside each value where it is from', () => {
    const text = printConfig(loaded, { format: 'yaml', redacted: true, sources: true });
    expect(text).toMatch(/brokers: \[ ?a:1, b:2 ?\] # MILLRACE_KAFKA__BROKERS\n/);
    expect(text).toMatch(/port: 8484 # default\n/);
    const json = printConfig(loaded, { format: 'json', redacted: true, sources: true });
    expect(JSON.parse(json)).toMatchObject({
      http: { port: { value: 8484, source: { kind: 'default', name: 'default' } } },
    });
  });

  it('shows what holds where TLS is switched off', () => {
    const off = loadConfig({ env: { ...env, MILLRACE_KAFKA__SSL: 'false' }, folder: '/nowhere' });
    const text = printConfig(off, { format: 'yaml', redacted: true, sources: false });
    expect(parse(text)).toMatchObject({ kafka: { ssl: false } });
  });
});
