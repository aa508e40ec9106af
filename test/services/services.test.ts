import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { cachedFolder } from './cache.ts';
import { output } from './command.ts';
import { kafkaBrokers, kafkaLibs, startBroker } from './kafka.ts';
import { startMoto } from './moto.ts';
import { pythonWithKafka } from './python.ts';
import { S3_START_TIMEOUT_MS, s3Account } from './s3.ts';

const DEADLINE = { timeout: 10_000, interval: 20 };

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-services-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function topicsOf(bootstrap: string, create: string[] = []): Promise<string[]> {
  const client = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  try {
    const topics = create.map((topic) => ({ topic, numPartitions: 1 }));
    if (topics.length > 0) await admin.createTopics({ topics, waitForLeaders: false });
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

describe('the shared broker', () => {
  it('is one for the whole run', async () => {
    const [first, second] = await Promise.all([kafkaBrokers(), kafkaBrokers()]);
    expect(first).toBe(second);
    expect(await topicsOf(first)).toBeInstanceOf(Array);
  });

  it('brings the jars of the Java clients', async () => {
    const jars = await readdir(await kafkaLibs());
    expect(jars).toContain('kafka-clients-4.4.0.jar');
  });
});

describe("a broker of the test's own", () => {
  it('keeps its data and address over a crash, and is gone with them after stop', async () => {
    // A short session: a crashed broker is let in again only when its last session is over.
    const properties = { 'broker.session.timeout.ms': '2000' };
    const broker = await startBroker({ properties });
    onTestFinished(() => broker.stop());
    await vi.waitUntil(
      async () => (await topicsOf(broker.bootstrap, ['kept'])).includes('kept'),
      DEADLINE,
    );
    const crashed = broker.pid;

    await broker.kill();
    expect(isRunning(crashed)).toBe(false);
    await broker.restart();
    expect(broker.pid).not.toBe(crashed);
    expect(await topicsOf(broker.bootstrap)).toContain('kept');

    const last = broker.pid;
    await broker.stop();
    await broker.stop();
    expect(isRunning(last)).toBe(false);
    await expect(topicsOf(broker.bootstrap)).rejects.toThrow();
  });
});

describe('the S3 server', () => {
  beforeAll(s3Account, S3_START_TIMEOUT_MS);

  it('is one for the whole run, and answers', async () => {
    const [first, second] = await Promise.all([s3Account(), s3Account()]);
    expect(first).toEqual(second);
    const answer = await fetch(first.endpoint, { headers: { connection: 'close' } });
    expect(await answer.text()).toContain('<?xml');
  });

  it('may be moto, where nothing better can run', async (context) => {
    const server = await startMoto().catch((error: unknown) => {
      // Only a machine that has a better one may lack Python.
      if (String(error).includes('python3 is not installed')) return context.skip(String(error));
      throw error;
    });
    onTestFinished(() => server.stop());
    const { endpoint } = server.account;
    const answer = await fetch(endpoint, { headers: { connection: 'close' } });
    expect(await answer.text()).toContain('ListAllMyBucketsResult');
    await server.stop();
    await expect(fetch(endpoint)).rejects.toThrow();
  });
});

describe('the guard of a child process', () => {
  it('ends the child and removes its folder when its own process is killed', async () => {
    const folder = await temporaryFolder();
    const reaper = join(import.meta.dirname, 'reaper.ts');
    const script = `
      const { guard } = await import(${JSON.stringify(reaper)});
      const { spawn } = await import('node:child_process');
      const child = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
      guard(child.pid, ${JSON.stringify(folder)});
      console.log(child.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    const [line] = await once(parent.stdout, 'data');
    const child = Number(String(line));
    expect(isRunning(child)).toBe(true);

    parent.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(child), DEADLINE);
    await vi.waitUntil(() => !existsSync(folder), DEADLINE);
  });
});

describe('a cached folder', () => {
  it('is built by the first of two builders and complete for both', async () => {
    const root = await temporaryFolder();
    vi.stubEnv('XDG_CACHE_HOME', root);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const build = async (folder: string) => {
      await pause(1);
      await output('touch', [join(folder, 'complete')]);
    };
    const folders = await Promise.all([cachedFolder('x', build), cachedFolder('x', build)]);
    expect(new Set(folders)).toEqual(new Set([join(root, 'millrace/x')]));
    expect(await readdir(join(root, 'millrace'))).toEqual(['x']);
    expect(await readdir(join(root, 'millrace/x'))).toEqual(['complete']);
  });
});

describe('the Python client', () => {
  it('reaches the broker', async (context) => {
    const python = await pythonWithKafka();
    if (python === undefined) return context.skip('no Python client of Kafka');
    const script =
      'import sys; from confluent_kafka.admin import AdminClient; ' +
      'print(len(AdminClient({"bootstrap.servers": sys.argv[1]}).list_topics(timeout=10).brokers))';
    expect(await output(python, ['-c', script, await kafkaBrokers()])).toBe('1\n');
  });
});
