/** A whole Millrace within a test, on a real Kafka: the composition of main.ts with the test's settings. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileBlobStore } from '../../src/adapters/filesystem/blob-store.ts';
import { type KafkaLog, openKafkaLog } from '../../src/adapters/kafka/log.ts';
import { EnvSecrets } from '../../src/adapters/system/env-secrets.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import type { Role } from '../../src/compose/ports.ts';
import { type Shells, wire } from '../../src/compose/wire.ts';
import { defaultExecutorSettings } from '../../src/executor/settings.ts';
import type { FlowFile } from '../../src/flow/deployment.ts';
import { PluginHost } from '../../src/plugin/host.ts';
import type { ViewStore } from '../../src/ports/views.ts';
import { topicSpecs } from '../../src/records/topics.ts';
import { noMetrics, silentLogger } from '../support/memory-ports.ts';

export interface KafkaShells {
  readonly log: KafkaLog;
  readonly shells: Shells;
  close(): Promise<void>;
}

export interface KafkaShellsOptions {
  readonly brokers: string;
  readonly prefix: string;
  readonly partitions: number;
  readonly roles: readonly Role[];
  readonly flows: readonly FlowFile[];
  /** Of the api role. */
  readonly views?: ViewStore;
}

/** Started, with its flows deployed. */
export async function startKafkaShells(options: KafkaShellsOptions): Promise<KafkaShells> {
  const { brokers, prefix, partitions, roles, flows, views } = options;
  const clock = new SystemClock();
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-kafka-shells-'));
  const connection = { brokers: [brokers], clientId: prefix };
  const topics = topicSpecs({ partitions, workerGroups: ['default'] });
  const log = await openKafkaLog({ connection, prefix, topics }, AbortSignal.timeout(60_000));
  const ports = {
    log,
    clock,
    membership: log.membership,
    random: new SystemRandom(),
    logger: silentLogger,
    metrics: { ...noMetrics, text: () => Promise.resolve('') },
    secrets: new EnvSecrets({}),
    variable: () => undefined,
    blobs: await FileBlobStore.open({ folder, durability: 'normal', nowMs: clock.now() }),
    plugins: await PluginHost.load([], {}),
    ...(views === undefined ? {} : { views }),
  };
  const shells = wire(ports, {
    roles: new Set(roles),
    executor: defaultExecutorSettings,
    worker: { groups: ['default'], slots: 4 },
    sessionMs: defaultExecutorSettings.sessionMs,
    http: { host: '127.0.0.1', port: 0, bodyBytesMax: 1_000_000, startsUnfinishedMax: 100 },
    managementPort: undefined,
    globals: {},
    version: '0.0.0-test',
  });
  await shells.start();
  await shells.deploy(flows, { allOrNone: true, by: 'a test' });
  return {
    log,
    shells,
    async close() {
      await shells.stop({ graceMs: 5_000 });
      await log.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
