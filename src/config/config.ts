/** The configuration as the program uses it: checked, complete, durations in ms and sizes in bytes. */
import type { Json, JsonObject } from '../support/json.ts';
import type { FixedKey } from './keys.ts';
import { type Settings, valueOf, valuesUnder } from './values.ts';

export interface Config {
  readonly kafka: KafkaConfig & {
    readonly prefix: string;
    readonly partitions: number;
    readonly replicationFactor?: number;
    /** By name; `default` is not among them unless it was set. */
    readonly connections: Readonly<Record<string, ConnectionConfig>>;
  };
  readonly data: { readonly folder: string; readonly durability: 'normal' | 'full' };
  readonly http: { readonly host: string; readonly port: number; readonly bodyBytesMax: number };
  readonly management: { readonly port: number };
  readonly executor: {
    readonly checkpointIntervalMs: number;
    readonly checkpointEvents: number;
    readonly liveBytesMax: number;
  };
  readonly worker: { readonly groups: readonly string[]; readonly slots: number };
  readonly membership: { readonly sessionMs: number };
  readonly starts: { readonly unfinishedMax: number };
  /** Folders of further plugins. */
  readonly plugins: readonly string[];
  /** Settings by plugin. */
  readonly plugin: Readonly<Record<string, JsonObject>>;
  readonly blobs: BlobsConfig;
  /** URLs of proxies, and what is reached without. */
  readonly proxy: {
    readonly http?: string;
    readonly https?: string;
    readonly except: readonly string[];
  };
  readonly globals: JsonObject;
  readonly secrets: { readonly provider: 'env' };
}

/** Where large values lie. */
export type BlobsConfig =
  | { readonly type: 'file'; readonly path?: string }
  | {
      readonly type: 's3';
      readonly bucket: string;
      readonly prefix: string;
      /** Undefined: Amazon's for the region. */
      readonly endpoint: string | undefined;
      readonly region: string;
      readonly forcePathStyle: boolean;
      readonly credentials: {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      };
    };

/** How brokers are reached. No brokers: the embedded log. */
export interface KafkaConfig {
  readonly brokers: readonly string[];
  /** TLS; PEM text, not paths. */
  readonly ssl?: true | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: SaslMechanism;
    readonly username: string;
    readonly password: string;
  };
}

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

export interface ConnectionConfig extends KafkaConfig {
  readonly registry?: string;
}

export function configOf(settings: Settings): Config {
  const value = <Name extends FixedKey>(name: Name) => valueOf(settings, name);
  const replicationFactor = value('kafka.replicationFactor');
  return {
    kafka: {
      brokers: value('kafka.brokers'),
      ...securityOf(settings, ['kafka']),
      prefix: value('kafka.prefix'),
      partitions: value('kafka.partitions'),
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
      connections: connectionsOf(settings),
    },
    data: { folder: value('data.folder'), durability: value('data.durability') },
    http: {
      host: value('http.host'),
      port: value('http.port'),
      bodyBytesMax: value('http.bodyBytesMax'),
    },
    management: { port: value('management.port') },
    executor: {
      checkpointIntervalMs: value('executor.checkpointInterval'),
      checkpointEvents: value('executor.checkpointEvents'),
      liveBytesMax: value('executor.liveBytesMax'),
    },
    worker: { groups: value('worker.groups'), slots: value('worker.slots') },
    membership: { sessionMs: value('membership.session') },
    starts: { unfinishedMax: value('starts.unfinishedMax') },
    plugins: value('plugins'),
    plugin: pluginsOf(settings),
    blobs: blobsOf(settings),
    proxy: proxyOf(settings),
    globals: objectUnder(settings, ['globals']),
    secrets: { provider: value('secrets.provider') },
  };
}

function proxyOf(settings: Settings): Config['proxy'] {
  const http = valueOf(settings, 'proxy.http');
  const https = valueOf(settings, 'proxy.https');
  return {
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    except: valueOf(settings, 'proxy.except'),
  };
}

/** What `s3` needs and does not have is a problem of its own (cross-checks.ts), so empty texts get nowhere. */
function blobsOf(settings: Settings): BlobsConfig {
  const value = <Name extends FixedKey>(name: Name) => valueOf(settings, name);
  if (value('blobs.type') === 'file') {
    const path = value('blobs.path');
    return { type: 'file', ...(path === undefined ? {} : { path }) };
  }
  const endpoint = value('blobs.endpoint');
  const sessionToken = value('blobs.sessionToken');
  return {
    type: 's3',
    bucket: value('blobs.bucket') ?? '',
    prefix: value('blobs.prefix'),
    endpoint,
    region: value('blobs.region'),
    forcePathStyle: value('blobs.forcePathStyle') ?? endpoint !== undefined,
    credentials: {
      accessKeyId: value('blobs.accessKeyId') ?? '',
      secretAccessKey: value('blobs.secretAccessKey') ?? '',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  };
}

function connectionsOf(settings: Settings): Readonly<Record<string, ConnectionConfig>> {
  const prefix = ['kafka', 'connections'];
  return Object.fromEntries(
    namesUnder(settings, prefix).map((name) => {
      const at = [...prefix, name];
      const registry = textAt(settings, [...at, 'registry']);
      // The key's kind is a list of texts.
      const brokers = (settingAt(settings, [...at, 'brokers']) ?? []) as readonly string[];
      const connection: ConnectionConfig = { brokers, ...securityOf(settings, at) };
      return [name, registry === undefined ? connection : { ...connection, registry }];
    }),
  );
}

/** TLS and log-in at `kafka` or at one connection. */
function securityOf(settings: Settings, at: readonly string[]): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const ssl = sslOf(settings, [...at, 'ssl']);
  const username = textAt(settings, [...at, 'sasl', 'username']);
  const password = textAt(settings, [...at, 'sasl', 'password']);
  // The key's kind is the union of these.
  const mechanism = (textAt(settings, [...at, 'sasl', 'mechanism']) ?? 'plain') as SaslMechanism;
  return {
    ...(ssl === undefined ? {} : { ssl }),
    ...(username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism, username, password } }),
  };
}

/** A certificate asks for TLS, unless somebody switched it off. */
function sslOf(settings: Settings, at: readonly string[]): KafkaConfig['ssl'] {
  const enabled = settingAt(settings, at);
  if (enabled === false) return undefined;
  const given = ['ca', 'cert', 'key'].flatMap((name) => {
    const pem = textAt(settings, [...at, name]);
    return pem === undefined ? [] : [[name, pem] as const];
  });
  if (given.length > 0) return Object.fromEntries(given);
  return enabled === true ? true : undefined;
}

function pluginsOf(settings: Settings): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(
    namesUnder(settings, ['plugin']).map((name) => [name, objectUnder(settings, ['plugin', name])]),
  );
}

/** The values one level below, as an object. */
function objectUnder(settings: Settings, at: readonly string[]): JsonObject {
  // The kinds of these keys let through what JSON can say.
  const entries = valuesUnder(settings, at).map(({ path, value }) => [
    path[at.length] ?? '',
    value as Json,
  ]);
  return Object.fromEntries(entries) as JsonObject;
}

function namesUnder(settings: Settings, at: readonly string[]): readonly string[] {
  return [...new Set(valuesUnder(settings, at).map(({ path }) => path[at.length] ?? ''))];
}

function settingAt(settings: Settings, path: readonly string[]): unknown {
  return settings.get(path.join('.'))?.value;
}

function textAt(settings: Settings, path: readonly string[]): string | undefined {
  const value = settingAt(settings, path);
  return typeof value === 'string' ? value : undefined;
}
