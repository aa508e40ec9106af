import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FlagValue, loadConfig, type LoadOptions } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problems.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function load(yaml: string, options: Partial<LoadOptions> = {}) {
  const folder = options.folder ?? folderWith(yaml === '' ? {} : { 'millrace.yaml': yaml });
  const loaded = loadConfig({ env: {}, ...options, folder });
  return { ...loaded, folder, said: loaded.problems.map(formatProblem) };
}

const flag = (name: string, value: unknown): FlagValue => ({ flag: name, value });

describe('without any configuration', () => {
  it('has the defaults', () => {
    const { config, problems, folder } = load('');
    expect(problems).toEqual([]);
    expect(config).toEqual({
      kafka: { brokers: [], prefix: 'millrace.', partitions: 12, connections: {} },
      data: { folder: join(folder, '.millrace'), durability: 'normal' },
      http: { host: '127.0.0.1', port: 8484, bodyBytesMax: 10 * 1024 * 1024 },
      management: { port: 8485 },
      executor: {
        checkpointIntervalMs: 60_000,
        checkpointEvents: 20_000,
        liveBytesMax: 256 * 1024 * 1024,
      },
      worker: { groups: ['default'], slots: 64 },
      membership: { sessionMs: 6_000 },
      starts: { unfinishedMax: 2_000 },
      plugins: [],
      plugin: {},
      blobs: { type: 'file' },
      proxy: { except: [] },
      globals: {},
      secrets: { provider: 'env' },
    });
  });
});

describe('sources', () => {
  const yaml = 'http:\n  host: a\n  port: 1\nmanagement:\n  port: 2\nworker: { slots: 3 }\n';

  it('flags win over the environment, that over the file, that over defaults', () => {
    const { config, sources } = load(yaml, {
      env: { MILLRACE_HTTP__PORT: '10', MILLRACE_MANAGEMENT__PORT: '20' },
      flags: { 'http.port': flag('--port', '100') },
    });
    expect([config.http.port, config.management.port, config.worker.slots]).toEqual([100, 20, 3]);
    expect(sources.get('http.port')).toEqual({ kind: 'flag', name: '--port' });
    expect(sources.get('management.port')).toEqual({
      kind: 'environment',
      name: 'MILLRACE_MANAGEMENT__PORT',
    });
    expect(sources.get('worker.slots')).toEqual({ kind: 'file', name: 'millrace.yaml:6' });
    expect(sources.get('kafka.prefix')).toEqual({ kind: 'default', name: 'default' });
  });

  it('a flag that was not given is none', () => {
    const flags = { 'http.port': flag('--port', undefined), 'worker.slots': undefined };
    expect(load(yaml, { flags }).config.http.port).toBe(1);
  });

  it('a list comes whole from the strongest', () => {
    const { config } = load('kafka: { brokers: [a:1, b:2] }', {
      env: { MILLRACE_KAFKA__BROKERS: ' c:3 , d:4 ' },
    });
    expect(config.kafka.brokers).toEqual(['c:3', 'd:4']);
  });

  it('the file may be another, but then it must be there', () => {
    const folder = folderWith({ 'etc/mill.yaml': 'worker: { slots: 9 }' });
    expect(load('', { folder, file: 'etc/mill.yaml' }).config.worker.slots).toBe(9);
    expect(load('', { folder, file: 'etc/other.yaml' }).said).toEqual([
      expect.stringMatching(/^etc\/other\.yaml: cannot be read: .*ENOENT/),
    ]);
  });

  it('relative paths begin at the file, else at the working folder', () => {
    const yaml = 'data: { folder: state }\nplugins: [mine, /opt/theirs]\n';
    const folder = folderWith({ 'etc/millrace.yaml': yaml });
    const { config } = load('', {
      folder,
      file: 'etc/millrace.yaml',
      env: { MILLRACE_BLOBS__PATH: 'blobs' },
    });
    expect(config.data.folder).toBe(join(folder, 'etc/state'));
    expect(config.plugins).toEqual([join(folder, 'etc/mine'), '/opt/theirs']);
    expect(config.blobs).toEqual({ type: 'file', path: join(folder, 'blobs') });
  });
});

describe('the environment', () => {
  it.each([
    'MILLRACE_HTTP__BODY_BYTES_MAX',
    'MILLRACE_HTTP__BODYBYTESMAX',
    'MILLRACE_http__bodyBytesMax',
  ])('%s is http.bodyBytesMax', (name) => {
    expect(load('', { env: { [name]: '64KB' } }).config.http.bodyBytesMax).toBe(64_000);
  });

  it('reads a mounted file, without the newline at its end', () => {
    const folder = folderWith({ 'run/password': 'p4ss\n' });
    const env = {
      MILLRACE_KAFKA__SASL__USERNAME: 'u',
      MILLRACE_KAFKA__SASL__PASSWORD_FILE: 'run/password',
    };
    const { config, problems } = load('', { folder, env });
    expect(problems).toEqual([]);
    expect(config.kafka.sasl).toEqual({ mechanism: 'plain', username: 'u', password: 'p4ss' });
  });

  it('says when such a file is not there', () => {
    const env = { MILLRACE_HTTP__HOST_FILE: '/nowhere/host' };
    expect(load('', { env }).said).toEqual([
      expect.stringMatching(
        /^http\.host \(MILLRACE_HTTP__HOST_FILE\): names a file that cannot be read; mount it/,
      ),
    ]);
  });

  it('of others, secrets of flows and empty variables do not count', () => {
    const env = {
      PATH: '/bin',
      MILLRACE_SECRET_TOKEN: 't',
      MILLRACE_SECRET_TOKEN_FILE: '/x',
      MILLRACE_HTTP__PORT: '',
      MILLRACE_HTTP__HOST: undefined,
    };
    expect(load('', { env }).said).toEqual([]);
  });

  it.each([
    ['MILLRACE_KAFKA_BROKERS', 'did you mean MILLRACE_KAFKA__BROKERS?'],
    ['MILLRACE_HTTP__PROT', 'did you mean MILLRACE_HTTP__PORT?'],
    ['MILLRACE_HTTP', 'unset it, or see docs/configuration.md'],
    ['MILLRACE_ZZZZZZZZ', 'unset it, or see docs/configuration.md'],
  ])('%s is an error with a hint', (name, hint) => {
    const { said } = load('', { env: { [name]: 'x' } });
    expect(said).toEqual([`${name}: is no configuration variable; ${said[0]?.split('; ')[1]}`]);
    expect(said[0]).toContain(hint);
  });
});

describe('the file', () => {
  it('with unknown keys says what was meant', () => {
    expect(load('htttp: {}\nhttp: { prot: 1, zzzzzz: 2 }\nkafka: { prefx: a }').said).toEqual([
      'htttp (millrace.yaml:1): is no configuration key; did you mean `http`?',
      'http.prot (millrace.yaml:2): is no configuration key; did you mean `http.port`?',
      'http.zzzzzz (millrace.yaml:2): is no configuration key; known here are host, port, bodyBytesMax',
      'kafka.prefx (millrace.yaml:3): is no configuration key; did you mean `kafka.prefix`?',
    ]);
  });

  it.each([
    ['http: 7', 'http (millrace.yaml:1): must be an object with host, port, bodyBytesMax'],
    ['[]', 'millrace.yaml:1: must be an object with kafka, data, http,'],
    ['globals: 7', 'globals (millrace.yaml:1): must be an object with names of your own'],
    ['http: { port: 1\nx', 'millrace.yaml (millrace.yaml:'],
    ['http: {port: 1}\nhttp: {port: 2}', 'is not YAML: Map keys must be unique'],
  ])('%j is refused', (yaml, message) => {
    const { said } = load(yaml);
    expect(said.join('\n')).toContain(message);
  });

  it.each(['', '# nothing yet\n', 'http:\nkafka: ~\n', '{}'])('%j says nothing', (yaml) => {
    const folder = folderWith({ 'millrace.yaml': yaml });
    expect(load('', { folder }).said).toEqual([]);
  });

  it('has no way to the prototype', () => {
    const { config, said } = load(
      'globals: { __proto__: { polluted: 1 } }\n__proto__: { http: 1 }',
    );
    expect(Object.getOwnPropertyNames(config.globals)).toEqual(['__proto__']);
    expect(said).toEqual([expect.stringMatching(/^__proto__ .* is no configuration key/)]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('values', () => {
  it.each([
    ['http: { port: 70000 }', 'must be a whole number from 0 to 65535; it is 70000'],
    ['http: { port: "8484" }', 'must be a whole number from 0 to 65535; it is "8484"'],
    ['http: { bodyBytesMax: 10 MiBs }', 'must be a size such as `10MiB`, `64KB` or a number of'],
    ['http: { bodyBytesMax: 0 }', 'must be a size'],
    ['membership: { session: 6 }', 'must be a duration of at most 24 days such as `30s`'],
    ['membership: { session: soon }', 'must be a duration'],
    ['membership: { session: 0s }', 'must be a duration'],
    ['membership: { session: 25d }', 'must be a duration of at most 24 days'],
    ['kafka: { brokers: a:1 }', 'must be a list of texts; it is "a:1"'],
    ['kafka: { brokers: [1] }', 'must be a list of texts; it is [1]'],
    ['data: { durability: best }', 'must be one of normal, full; it is "best"'],
    ['blobs: { type: ftp }', 'must be one of file, s3; it is "ftp"'],
    ['plugin: { script: { enabled: yes } }', 'must be true or false; it is "yes"'],
    [`kafka: { prefix: [${'a, '.repeat(40)}] }`, '…'],
  ])('%s: %s', (yaml, message) => {
    const { said } = load(yaml);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(message);
  });

  it('that are wrong leave the default in place', () => {
    expect(load('http: { port: x }').config.http.port).toBe(8484);
  });

  it('that are secret are not shown', () => {
    const yaml = 'kafka: { sasl: { username: u, password: [hunter2] } }';
    expect(load(yaml).said.join()).not.toContain('hunter2');
    expect(load(yaml).said[0]).toContain('must be text; it is what is set');
  });

  it('of sizes and durations', () => {
    const { config, problems } = load(
      'http: { bodyBytesMax: 1.5 KiB }\nexecutor: { liveBytesMax: 1GB, checkpointInterval: 1m30s }',
    );
    expect(problems).toEqual([]);
    expect(config.http.bodyBytesMax).toBe(1_536);
    expect(config.executor).toMatchObject({ liveBytesMax: 1e9, checkpointIntervalMs: 90_000 });
  });
});

describe('brokers', () => {
  it('with TLS by the certificates that Node trusts', () => {
    expect(load('kafka: { brokers: [a:1], ssl: true }').config.kafka.ssl).toBe(true);
  });

  it('with certificates from files and in place', () => {
    const cert = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----';
    const yaml = 'kafka: { ssl: { ca: ca.pem, cert: "-----BEGIN B", key: "-----BEGIN K" } }';
    const folder = folderWith({ 'millrace.yaml': yaml, 'ca.pem': cert });
    const { config, problems } = load('', { folder });
    expect(problems).toEqual([]);
    expect(config.kafka.ssl).toEqual({ ca: cert, cert: '-----BEGIN B', key: '-----BEGIN K' });
  });

  it('with a certificate that cannot be read', () => {
    expect(load('kafka: { ssl: { ca: nowhere.pem } }').said).toEqual([
      expect.stringMatching(/^kafka\.ssl\.ca .*: names a file that cannot be read: .*ENOENT/),
    ]);
  });

  it('whose TLS is switched off by a stronger source', () => {
    const env = { MILLRACE_KAFKA__SSL: 'false' };
    expect(
      load('kafka: { ssl: { ca: "-----BEGIN A" } }', { env }).config.kafka.ssl,
    ).toBeUndefined();
  });

  it('of connections of their own', () => {
    const yaml = `kafka:
  connections:
    billing: { brokers: [b:1], sasl: { mechanism: scram-sha-512, username: u, password: p } }
    eu: { brokers: [e:1], ssl: true, registry: https://registry.example }
`;
    const { config, problems } = load(yaml, {
      env: { MILLRACE_KAFKA__CONNECTIONS__EU__BROKERS: 'e:2,e:3' },
    });
    expect(problems).toEqual([]);
    expect(config.kafka.connections).toEqual({
      billing: {
        brokers: ['b:1'],
        sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
      },
      eu: { brokers: ['e:2', 'e:3'], ssl: true, registry: 'https://registry.example' },
    });
  });

  it.each([
    ['kafka: { sasl: { username: u } }', 'kafka.sasl.username', 'needs `kafka.sasl.password`'],
    [
      'kafka: { sasl: { mechanism: plain } }',
      'kafka.sasl.mechanism',
      'needs `kafka.sasl.username`',
    ],
    ['kafka: { ssl: { cert: "-----BEGIN" } }', 'kafka.ssl.cert', 'needs `kafka.ssl.key` beside it'],
    ['kafka: { ssl: { key: "-----BEGIN" } }', 'kafka.ssl.key', 'needs `kafka.ssl.cert` beside it'],
    [
      'kafka: { connections: { eu: { sasl: { username: u } } } }',
      'kafka.connections.eu.sasl.username',
      'needs `kafka.connections.eu.sasl.password`',
    ],
  ])('%s is half of something', (yaml, key, message) => {
    expect(load(yaml).problems).toMatchObject([
      { key, source: { kind: 'file' }, message: expect.stringContaining(message) },
    ]);
  });
});

it('two servers cannot have one port, unless it is chosen for them', () => {
  expect(load('http: { port: 8485 }').said).toEqual([
    expect.stringMatching(/^http\.port \(millrace\.yaml:1\): 8485 is the other port too/),
  ]);
  expect(load('http: { port: 9 }\nmanagement: { port: 9 }').said).toHaveLength(1);
  expect(load('http: { port: 0 }\nmanagement: { port: 0 }').said).toEqual([]);
});

describe('plugins', () => {
  const plugins = {
    http: {
      type: 'object',
      additionalProperties: false,
      properties: {
        allow: { type: 'array', items: { type: 'string', minLength: 1 } },
        retries: { type: 'integer', minimum: 0 },
        agent: { type: 'string' },
      },
    },
    open: { type: 'object' },
  };

  it('that are not known yet take anything', () => {
    const { config, said } = load('plugin: { http: { allow: [a], other: 1 }, mine: { x: {} } }', {
      env: { MILLRACE_PLUGIN__MINE__Y: '7' },
    });
    expect(said).toEqual([]);
    expect(config.plugin).toEqual({ http: { allow: ['a'], other: 1 }, mine: { x: {}, y: 7 } });
  });

  it('that are known take what their schema says, also from the environment', () => {
    const env = {
      MILLRACE_PLUGIN__HTTP__ALLOW: 'localhost:8080, 10.0.0.0/8',
      MILLRACE_PLUGIN__HTTP__RETRIES: '3',
      MILLRACE_PLUGIN__HTTP__AGENT: '7',
      MILLRACE_PLUGIN__OPEN__DEBUG: 'true',
    };
    const { config, said } = load('', { plugins, env });
    expect(said).toEqual([]);
    expect(config.plugin).toEqual({
      http: { allow: ['localhost:8080', '10.0.0.0/8'], retries: 3, agent: '7' },
      open: { debug: true },
    });
  });

  it('that are known refuse the rest with a hint', () => {
    const yaml = 'plugin:\n  http: { alow: [], retries: -1 }\n  htpt: { allow: [] }\n';
    expect(load(yaml, { plugins }).said).toEqual([
      'plugin.http.alow (millrace.yaml:2): is no configuration key; did you mean `plugin.http.allow`?',
      'plugin.htpt (millrace.yaml:3): is no configuration key; did you mean `plugin.http`?',
      'plugin.http.retries (millrace.yaml:2): must be as its plugin’s schema says: ' +
        '{"type":"integer","minimum":0}; it is -1',
    ]);
  });
});

it('globals are what flows will see, whatever it is', () => {
  const { config } = load('globals: { api: https://a.example, tiers: [1, 2], deep: { a: null } }', {
    env: { MILLRACE_GLOBALS__API: 'https://b.example', MILLRACE_GLOBALS__LIMIT: '8' },
  });
  expect(config.globals).toEqual({
    api: 'https://b.example',
    tiers: [1, 2],
    deep: { a: null },
    limit: 8,
  });
});
