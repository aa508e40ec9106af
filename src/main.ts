/**
 * Composition: the only file that knows every adapter. It turns a configuration into ports, and wires the
 * shells of the roles to them (compose/wire.ts). Adapters that only some processes need are loaded by those.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { KafkaConnectionOptions } from './adapters/kafka/broker-link.ts';
import { SystemClock } from './adapters/system/clock.ts';
import { EnvSecrets } from './adapters/system/env-secrets.ts';
import { proxyChoice } from './adapters/system/proxies.ts';
import { SystemRandom } from './adapters/system/random.ts';
import type { DeployedFile, DeployOptions } from './compose/deployer.ts';
import type { Ports, Role, Settings } from './compose/ports.ts';
import { type Addresses, catalogOf, type Shells, wire } from './compose/wire.ts';
import { TopicsConnections } from './compose/topics-connections.ts';
import type { Config, KafkaConfig } from './config/config.ts';
import { defaultExecutorSettings } from './executor/settings.ts';
import type { FlowFile } from './flow/deployment.ts';
import type { FlowRegistry } from './flow/registry.ts';
import type { Catalog } from './model/catalog.ts';
import { FatalError } from './model/errors.ts';
import { PluginHost, readManifests } from './plugin/host.ts';
import type { PluginSchemas } from './config/key-tree.ts';
import type { BlobStore } from './ports/blob-store.ts';
import type { Clock } from './ports/clock.ts';
import type { Finding } from './ports/examination.ts';
import type { Log } from './ports/log.ts';
import type { Logger } from './ports/logger.ts';
import type { Membership } from './ports/membership.ts';
import type { Random } from './ports/random.ts';
import type { Topics } from './ports/topics.ts';
import { topicSpecs } from './records/topics.ts';
import { version } from './support/version.ts';

export type { Finding } from './ports/examination.ts';
export type { Logger } from './ports/logger.ts';
export type { DeployedFile } from './compose/deployer.ts';
export { type Role, roles } from './compose/ports.ts';
export { createLogger, type LogThreshold } from './adapters/system/pino-logger.ts';
export { PortInUse } from './http/listener.ts';
export { version };

export interface ComposeOptions {
  readonly roles: ReadonlySet<Role>;
  readonly logger: Logger;
  /** Where secrets and the variables of `env()` come from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends the wait for brokers. */
  readonly signal: AbortSignal;
}

/** A process: its shells, and what they stand on. */
export interface Application {
  readonly registry: FlowRegistry;
  start(): Promise<void>;
  deploy(files: readonly FlowFile[], options: DeployOptions): Promise<readonly DeployedFile[]>;
  listen(): Promise<Addresses>;
  /** Hands over or finishes what is under way within `graceMs`, then closes the log and the views. */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Opens the log and what else the roles need; nothing runs before `start`.
 *
 * @throws FatalError with what to do: roles that cannot run, data folder in use, plugin invalid, brokers refuse.
 */
export async function compose(config: Config, options: ComposeOptions): Promise<Application> {
  checkRoles(options.roles, config);
  const { logger, environment, roles, signal } = options;
  const clock = new SystemClock();
  const plugins = await PluginHost.load(config.plugins, config.plugin);
  const opened = await openLog(config, clock, logger, signal);
  try {
    const { PrometheusMetrics } = await import('./adapters/system/prometheus.ts');
    const blobs = await openBlobs(config, clock);
    const views = roles.has('api') ? await openViews(config) : undefined;
    const random = new SystemRandom();
    const topics = topicsConnections(config, { clock, random, logger });
    const ports: Ports = {
      ...opened,
      clock,
      logger,
      plugins,
      random,
      topics,
      metrics: new PrometheusMetrics({ processMetrics: true }),
      secrets: new EnvSecrets(environment),
      variable: (name) => flowVariable(environment, name),
      proxyFor: proxyChoice(config.proxy),
      blobs: blobs.store,
      ...(views === undefined ? {} : { views: views.store }),
    };
    const shells = wire(ports, settingsOf(config, roles));
    return application(shells, async () => {
      await topics.close();
      await opened.log.close();
      await views?.close();
      await blobs.close();
    });
  } catch (error) {
    await opened.log.close();
    throw error;
  }
}

/** JSON Schemas of `plugin.<name>`, of the built-in plugins and of those in these folders. */
export async function pluginSchemas(folders: readonly string[]): Promise<PluginSchemas> {
  const manifests = await readManifests(folders);
  return Object.fromEntries(manifests.map(({ name, settings }) => [name, settings]));
}

/** Every task and trigger type that flows may use with this configuration. */
export async function loadCatalog(config: Config): Promise<Catalog> {
  return catalogOf((await PluginHost.load(config.plugins, config.plugin)).manifests);
}

/**
 * What `doctor` finds about the data folder, the bucket of large values, the embedded log or the brokers.
 * Only looks; `signal` bounds the waiting for brokers.
 */
export async function examine(config: Config, signal: AbortSignal): Promise<readonly Finding[]> {
  const { kafka, data, worker } = config;
  const { examineFolder } = await import('./adapters/filesystem/examine-folder.ts');
  const folder = [...(await examineFolder(data.folder)), ...(await examineBlobs(config))];
  if (kafka.brokers.length === 0) {
    const { examineHolder } = await import('./adapters/sqlite/examine.ts');
    return [...folder, ...examineHolder(logFile(config))];
  }
  const { examineKafka } = await import('./adapters/kafka/examine.ts');
  const topics = topicSpecs({ partitions: kafka.partitions, workerGroups: worker.groups });
  const clock = new SystemClock();
  const cluster = { connection: kafkaConnection(kafka), prefix: kafka.prefix, topics };
  return [...folder, ...(await examineKafka({ ...cluster, nowMs: () => clock.now() }, signal))];
}

async function examineBlobs({ blobs, proxy }: Config): Promise<readonly Finding[]> {
  if (blobs.type !== 's3') return [];
  const { examineBucket } = await import('./adapters/s3/examine-bucket.ts');
  const clock = new SystemClock();
  return examineBucket({ ...blobs, now: () => clock.now(), proxyFor: proxyChoice(proxy) });
}

function application(shells: Shells, close: () => Promise<void>): Application {
  return {
    registry: shells.flows.registry,
    start: () => shells.start(),
    deploy: (files, options) => shells.deploy(files, options),
    listen: () => shells.listen(),
    async stop(options) {
      await shells.stop(options);
      await close();
    },
  };
}

const EVERY_ROLE: readonly Role[] = ['api', 'executor', 'worker', 'trigger'];

function checkRoles(roles: ReadonlySet<Role>, { kafka }: Config): void {
  const working = EVERY_ROLE.filter((role) => roles.has(role));
  if (working.length === EVERY_ROLE.length) return;
  if (working.length > 0) {
    if (kafka.brokers.length > 0) return;
    throw new FatalError(
      'brokers-missing',
      'Processes with some of the roles meet on Kafka: name its brokers with --brokers or kafka.brokers. ' +
        'For one process that does everything on the embedded log use `millrace start`.',
    );
  }
  throw new FatalError(
    'roles-idle',
    'views are fed by each api process itself; the indexer role comes with the Postgres views',
  );
}

interface OpenedLog {
  readonly log: Log;
  readonly membership: Membership;
}

async function openLog(
  config: Config,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<OpenedLog> {
  const { kafka, data, worker } = config;
  const topics = topicSpecs({ partitions: kafka.partitions, workerGroups: worker.groups });
  if (kafka.brokers.length === 0) {
    const { openSqliteLog } = await import('./adapters/sqlite/log.ts');
    const log = await openSqliteLog({
      file: logFile(config),
      topics,
      durability: data.durability,
      clock,
      logger,
    });
    return { log, membership: log.membership };
  }
  const { openKafkaLog } = await import('./adapters/kafka/log.ts');
  const { prefix, replicationFactor } = kafka;
  const connection = { ...kafkaConnection(kafka), logger };
  const log = await openKafkaLog({ connection, prefix, topics, replicationFactor }, signal);
  return { log, membership: log.membership };
}

function logFile({ data }: Config): string {
  return path.join(data.folder, 'log.sqlite');
}

/** `default` is what Millrace itself runs on, unless the configuration has another connection of this name. */
function topicsConnections(
  { kafka, data }: Config,
  ports: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): TopicsConnections {
  const onKafka = (own: KafkaConfig, settings: string) => async (): Promise<Topics> => {
    const { KafkaUserTopics } = await import('./adapters/kafka/topics-port.ts');
    const connection = { ...kafkaConnection(own), logger: ports.logger };
    return new KafkaUserTopics({ connection, settings, ownPrefix: kafka.prefix });
  };
  const embedded = async (): Promise<Topics> => {
    const { openSqliteTopics } = await import('./adapters/sqlite/topics-port.ts');
    const file = path.join(data.folder, 'topics.sqlite');
    return openSqliteTopics({ file, durability: data.durability, ...ports });
  };
  const own = kafka.brokers.length === 0 ? embedded : onKafka(kafka, 'kafka');
  const named = Object.entries(kafka.connections).map(([name, connection]) => {
    return [name, onKafka(connection, `kafka.connections.${name}`)] as const;
  });
  return new TopicsConnections(new Map([['default', own], ...named]));
}

function kafkaConnection({ brokers, ssl, sasl }: KafkaConfig): KafkaConnectionOptions {
  return {
    brokers,
    clientId: 'millrace',
    ...(ssl === undefined ? {} : { ssl: ssl === true ? true : { ...ssl } }),
    // One type for each mechanism there, one type with three mechanisms here.
    ...(sasl === undefined ? {} : { sasl: sasl as NonNullable<KafkaConnectionOptions['sasl']> }),
  };
}

/**
 * The views' file. Processes on Kafka may share a data folder, and each has views of its own: named by the
 * cluster and the port, which two processes of one machine never have in common. With a port that is drawn at
 * the start the file is of no use to a later process and goes with this one.
 */
async function openViews(config: Config) {
  const { SqliteViews } = await import('./adapters/sqlite/views.ts');
  const { kafka, data, http } = config;
  const embedded = kafka.brokers.length === 0;
  const own = http.port === 0 ? `pid-${process.pid}` : String(http.port);
  const name = embedded ? 'views' : `views-${encodeURIComponent(kafka.prefix)}-${own}`;
  const file = path.join(data.folder, `${name}.sqlite`);
  await mkdir(data.folder, { recursive: true });
  const store = new SqliteViews(file);
  return {
    store,
    async close() {
      await store.close();
      if (embedded || http.port !== 0) return;
      await Promise.all(['', '-wal', '-shm'].map((end) => rm(file + end, { force: true })));
    },
  };
}

async function openBlobs(config: Config, clock: Clock): Promise<OpenedBlobs> {
  const { blobs, data, proxy } = config;
  if (blobs.type === 's3') {
    const { S3BlobStore } = await import('./adapters/s3/blob-store.ts');
    const reach = { now: () => clock.now(), proxyFor: proxyChoice(proxy) };
    const store = await S3BlobStore.open({ ...blobs, ...reach });
    return { store, close: () => store.close() };
  }
  const { FileBlobStore } = await import('./adapters/filesystem/blob-store.ts');
  const folder = blobs.path ?? path.join(data.folder, 'blobs');
  const { durability } = data;
  const store = await FileBlobStore.open({ folder, durability, nowMs: clock.now() });
  return { store, close: () => Promise.resolve() };
}

interface OpenedBlobs {
  readonly store: BlobStore;
  close(): Promise<void>;
}

/** Flows see only variables that somebody meant for them, never the process's own. */
function flowVariable(
  environment: ComposeOptions['environment'],
  name: string,
): string | undefined {
  const variable = `MILLRACE_ENV_${name}`;
  return Object.hasOwn(environment, variable) ? environment[variable] : undefined;
}

function settingsOf(config: Config, roles: ReadonlySet<Role>): Settings {
  const { executor, worker, membership, http, management, starts, globals } = config;
  const { sessionMs } = membership;
  return {
    roles,
    executor: { ...defaultExecutorSettings, ...executor, sessionMs },
    worker,
    sessionMs,
    http: { ...http, startsUnfinishedMax: starts.unfinishedMax },
    managementPort: management.port,
    globals,
    version,
  };
}
