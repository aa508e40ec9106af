/** Every configuration key: docs/configuration.md is generated from here. Other keys are errors. */
import type { Kind } from './kinds.ts';
import * as kinds from './kinds.ts';

export interface Key<Value> {
  readonly kind: Kind<Value>;
  /** As it would be written in millrace.yaml; undefined where the key is optional. */
  readonly fallback: unknown;
  readonly meaning: string;
  /** Never printed unless asked for. */
  readonly secret: boolean;
}

/** A key that always has a value. */
function key<Value>(kind: Kind<Value>, fallback: unknown, meaning: string): Key<Value> {
  return { kind, fallback, meaning, secret: false };
}

function optional<Value>(kind: Kind<Value>, meaning: string): Key<Value | undefined> {
  // Parsing never gives undefined; a key that was not set does.
  return { kind: kind, fallback: undefined, meaning, secret: false };
}

function secret<Value>(kind: Kind<Value>, meaning: string): Key<Value | undefined> {
  return { ...optional(kind, meaning), secret: true };
}

const PARTITIONS_MAX = 1_024;

const ssl = {
  '': optional(kinds.yesOrNo, 'TLS to the brokers, with the certificates that Node trusts.'),
  '.ca': optional(kinds.pem, 'TLS with this certificate authority.'),
  '.cert': optional(kinds.pem, 'The client’s certificate, where brokers ask for one.'),
  '.key': secret(kinds.pem, 'The key of `cert`.'),
};

const sasl = {
  '.mechanism': optional(
    kinds.oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
    'How to log in to the brokers.',
  ),
  '.username': optional(kinds.text, 'The user name to log in with.'),
  '.password': secret(kinds.text, 'The password to log in with.'),
};

export const keys = {
  'kafka.brokers': key(
    kinds.list,
    [],
    'Addresses of brokers, `host:port`. Without one the log is embedded, in the data folder.',
  ),
  'kafka.prefix': key(
    kinds.text,
    'millrace.',
    'What the names of topics and consumer groups begin with; two installations need two prefixes.',
  ),
  'kafka.partitions': key(
    kinds.whole(1, PARTITIONS_MAX),
    12,
    'Partitions of each topic. Fixed when the topics are created.',
  ),
  'kafka.replicationFactor': optional(
    kinds.whole(1, 32),
    'Copies of each topic. Default: the number of brokers, at most 3.',
  ),
  'kafka.ssl': ssl[''],
  'kafka.ssl.ca': ssl['.ca'],
  'kafka.ssl.cert': ssl['.cert'],
  'kafka.ssl.key': ssl['.key'],
  'kafka.sasl.mechanism': sasl['.mechanism'],
  'kafka.sasl.username': sasl['.username'],
  'kafka.sasl.password': sasl['.password'],
  'kafka.connections.*.brokers': optional(
    kinds.list,
    'Brokers of a connection that triggers and tasks name. `default` is `kafka` itself.',
  ),
  'kafka.connections.*.ssl': ssl[''],
  'kafka.connections.*.ssl.ca': ssl['.ca'],
  'kafka.connections.*.ssl.cert': ssl['.cert'],
  'kafka.connections.*.ssl.key': ssl['.key'],
  'kafka.connections.*.sasl.mechanism': sasl['.mechanism'],
  'kafka.connections.*.sasl.username': sasl['.username'],
  'kafka.connections.*.sasl.password': sasl['.password'],
  'kafka.connections.*.registry': optional(kinds.text, 'Address of the schema registry.'),
  'data.folder': key(
    kinds.path,
    '.millrace',
    'Where the embedded log, views and large values lie.',
  ),
  'data.durability': key(
    kinds.oneOf('normal', 'full'),
    'normal',
    '`normal`: a power loss may lose the last commits, the end of a process loses none. ' +
      '`full`: each commit waits for the disk.',
  ),
  'http.host': key(kinds.text, '127.0.0.1', 'Address that the API and the page listen on.'),
  'http.port': key(kinds.port, 8484, 'Port of the API, webhooks and the page; 0 takes a free one.'),
  'http.bodyBytesMax': key(kinds.byteSize, '10MiB', 'A larger request body is answered with 413.'),
  'management.port': key(kinds.port, 8485, 'Port of health and metrics; 0 takes a free one.'),
  'executor.checkpointInterval': key(
    kinds.duration,
    '60s',
    'A checkpoint is written when the newest is this old and something happened since.',
  ),
  'executor.checkpointEvents': key(
    kinds.whole(1, 10_000_000),
    20_000,
    'A checkpoint is written after this many events of a partition.',
  ),
  'executor.liveBytesMax': key(
    kinds.byteSize,
    '256MiB',
    'Estimated memory of live executions at which an executor takes no more starts.',
  ),
  'worker.groups': key(kinds.list, ['default'], 'Worker groups whose tasks this worker runs.'),
  'worker.slots': key(kinds.whole(1, 10_000), 64, 'Tasks that run at a time.'),
  'membership.session': key(
    kinds.duration,
    '6s',
    'An executor or worker that is silent this long is gone.',
  ),
  'starts.unfinishedMax': key(
    kinds.whole(1, 1_000_000),
    2_000,
    'Starts of a namespace that a process has sent and no executor has taken; beyond it 429.',
  ),
  plugins: key(kinds.paths, [], 'Folders of further plugins.'),
  'plugin.*.*': optional(kinds.anything, 'Settings of a plugin, by its own schema.'),
  'plugin.script.enabled': optional(
    kinds.yesOrNo,
    'Whether scripts may run. Default: true for `dev` and `start`, false for `serve`.',
  ),
  'blobs.type': key(
    kinds.oneOf('file', 's3'),
    'file',
    'Where values over 256 KiB lie. Processes on several hosts need `s3`, or a folder that they share.',
  ),
  'blobs.path': optional(
    kinds.path,
    'Folder of large values. Default: `blobs` in the data folder.',
  ),
  'blobs.bucket': optional(kinds.text, 'With `s3`: the bucket. It must exist.'),
  'blobs.prefix': key(kinds.text, 'blobs/', 'With `s3`: what the keys of large values begin with.'),
  'blobs.endpoint': optional(
    kinds.text,
    'With `s3`: address of the server, `https://host:9000`. Default: Amazon’s for the region.',
  ),
  'blobs.region': key(kinds.text, 'us-east-1', 'With `s3`: the region of the bucket.'),
  'blobs.forcePathStyle': optional(
    kinds.yesOrNo,
    'With `s3`: the bucket stands in the path, not in the host name. Default: true with an endpoint.',
  ),
  'blobs.accessKeyId': optional(
    kinds.text,
    'With `s3`: the key. It needs the rights to get, put and delete objects and to list the bucket.',
  ),
  'blobs.secretAccessKey': secret(kinds.text, 'With `s3`: the secret of the key.'),
  'blobs.sessionToken': secret(kinds.text, 'With `s3`: the token of a temporary key.'),
  'proxy.http': optional(
    kinds.proxyAddress,
    'The proxy through which `http.request`, `s3.arrival` and `blobs` reach `http://` addresses: `http://host:port`.',
  ),
  'proxy.https': optional(kinds.proxyAddress, 'The same for `https://` addresses.'),
  'proxy.except': key(
    kinds.hosts,
    [],
    'What they reach without a proxy: hosts (with their subdomains), `*.host`, `host:port`, addresses, ranges, or `*`. ' +
      'Never through one: loopback.',
  ),
  'globals.*': optional(kinds.anything, 'Values that all flows see as `globals`.'),
  'secrets.provider': key(
    kinds.oneOf('env'),
    'env',
    '`env`: the secret X is `MILLRACE_SECRET_X`, or `SECRET_X` as base64.',
  ),
} as const;

export type Keys = typeof keys;
export type KeyName = keyof Keys;
/** A key that stands for one value: no part of its name is free. */
export type FixedKey = Exclude<KeyName, `${string}*${string}`>;
export type KeyValue<Name extends KeyName> = Keys[Name] extends Key<infer Value> ? Value : never;
