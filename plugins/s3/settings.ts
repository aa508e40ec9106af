/** What a flow says about a bucket to watch, read from its evaluated properties. */
import { RE2JS, RE2JSException } from 're2js';
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  type S3Credentials,
  type S3Place,
} from '../../src/plugin/index.ts';

export interface Arrival {
  readonly place: S3Place;
  readonly prefix: string;
  /** True for the keys that count. */
  readonly matches: (key: string) => boolean;
  /** Tells one watch from another: what has been seen by the one means nothing to the other. */
  readonly identity: readonly string[];
  readonly each: 'object' | 'poll';
  readonly allVersions: boolean;
  readonly objectsMax: number;
  readonly action: ArrivalAction;
  /** `plugin.s3.allow` for the address that a flow names; undefined: the operator named it, or it is Amazon's. */
  readonly allow: readonly string[] | undefined;
}

export type ArrivalAction =
  | { readonly type: 'none' }
  | { readonly type: 'delete' }
  | { readonly type: 'move'; readonly bucket: string; readonly prefix: string }
  | { readonly type: 'tag'; readonly tags: Readonly<Record<string, string>> };

const OBJECTS_DEFAULT = 1_000;
/** The state has room for as many whose action is not done. */
export const OBJECTS_MAX = 5_000;

/** @throws Error that names the property. */
export function readArrival(properties: JsonObject, settings: JsonObject): Arrival {
  const { each, versions } = properties;
  const pattern = textOf(properties, 'pattern');
  const prefix = textOf(properties, 'prefix') ?? '';
  const place = placeOf(properties, settings);
  const { endpoint = '', bucket } = place;
  const regex = pattern === undefined ? undefined : compile(pattern);
  const allVersions = versions === 'all';
  return {
    place,
    prefix,
    matches: (key) => key.startsWith(prefix) && (regex?.test(key) ?? true),
    identity: [endpoint, bucket, prefix, pattern ?? '', allVersions ? 'all' : 'latest'],
    each: each === 'poll' ? 'poll' : 'object',
    allVersions,
    objectsMax: objectsMaxOf(properties['maxObjects']),
    action: actionOf(properties, bucket),
    allow: isOperators(endpoint, settings) ? undefined : allowedBy(settings),
  };
}

function isOperators(endpoint: string, settings: JsonObject): boolean {
  return endpoint === '' || endpoint === settings['endpoint'];
}

function allowedBy({ allow }: JsonObject): readonly string[] {
  return allow !== undefined && isJsonArray(allow) ? allow.map(String) : [];
}

/**
 * The server of the configuration is meant where the flow names no other, and its key is shown to no other:
 * whoever writes a flow could have one answer under his own address.
 */
function placeOf(properties: JsonObject, settings: JsonObject): S3Place {
  const given = textOf(properties, 'endpoint');
  const server = serverOf(settings);
  const own = given === undefined || given === server.endpoint ? server : undefined;
  const endpoint = given ?? server.endpoint;
  const forcePathStyle = properties['forcePathStyle'];
  return {
    endpoint,
    region: textOf(properties, 'region') ?? own?.region ?? 'us-east-1',
    bucket: textOf(properties, 'bucket') ?? '',
    forcePathStyle: typeof forcePathStyle === 'boolean' ? forcePathStyle : endpoint !== undefined,
    credentials: KEY_PARTS.some((part) => part in properties)
      ? credentialsOf(properties, '')
      : own?.credentials(),
  };
}

/** What the operator says, in `plugin.s3` or by the variables that fill it. */
function serverOf(settings: JsonObject) {
  return {
    endpoint: textOf(settings, 'endpoint', 'plugin.s3.endpoint'),
    region: textOf(settings, 'region', 'plugin.s3.region'),
    credentials: () => credentialsOf(settings, 'plugin.s3.'),
  };
}

/** A flow that has one of these, be it empty, speaks for itself. */
const KEY_PARTS = ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const;

/** Half a key is a mistake: going on without would read as somebody else. */
function credentialsOf(from: JsonObject, prefix: string): S3Credentials | undefined {
  const [accessKeyId, secretAccessKey, sessionToken] = KEY_PARTS.map((part) =>
    textOf(from, part, prefix + part),
  );
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const token = sessionToken === undefined ? {} : { sessionToken };
    return { accessKeyId, secretAccessKey, ...token };
  }
  const given = KEY_PARTS.find((part) => textOf(from, part) !== undefined);
  if (given === undefined) return undefined;
  const missing = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
  const whole =
    prefix === '' ? '' : '; set it there, or both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
  throw new Error(`${prefix}${missing}: is empty, and ${given} is not${whole}`);
}

function actionOf(properties: JsonObject, ownBucket: string): ArrivalAction {
  const { action = 'none', moveTo, tags } = properties;
  switch (action) {
    case 'none':
    case 'delete':
      return { type: action };
    case 'move': {
      if (!isJsonObject(moveTo)) throw new Error('moveTo: is missing, and action is move');
      const bucket = textOf(moveTo, 'bucket', 'moveTo.bucket') ?? ownBucket;
      return { type: 'move', bucket, prefix: textOf(moveTo, 'prefix', 'moveTo.prefix') ?? '' };
    }
    case 'tag': {
      if (!isJsonObject(tags)) throw new Error('tags: is missing, and action is tag');
      return { type: 'tag', tags: tagsIn(tags) };
    }
    default:
      throw new Error('action: is none of none, delete, move and tag');
  }
}

function tagsIn(tags: JsonObject): Readonly<Record<string, string>> {
  const entries = Object.keys(tags).map((name): [string, string] => [
    name,
    textOf(tags, name, `tags.${name}`) ?? '',
  ]);
  return Object.fromEntries(entries);
}

function objectsMaxOf(given: Json | undefined): number {
  const wanted = typeof given === 'number' ? given : OBJECTS_DEFAULT;
  return Math.min(OBJECTS_MAX, Math.max(1, Math.floor(wanted)));
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new Error(`pattern: ${error.message}`, { cause: error });
  }
}

/** Undefined for an empty text, too: that is what an unset variable leaves. */
function textOf(properties: JsonObject, name: string, path = name): string | undefined {
  const value = properties[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new Error(`${path}: must be text`);
  return value;
}
