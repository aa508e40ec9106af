/**
 * What a watch remembers between looks, in less than 256 KB however many objects there are.
 *
 * S3 lists by key, so each look sees all keys, and what is new must be told from what was there. Remembered are
 * - `seen`: short hashes of the newest objects that were started, at most {@link REMEMBERED_MAX} of them as a rule;
 * - `horizon`: a point in the order of arrival; every object before it counts as seen. There is none until a
 *   look lists more objects than fit into `seen`, and none again once fewer are left;
 * - `unfinished`: hashes of started objects whose action is not known to be done;
 * - `batch`: with `each: poll`, the objects of a start that may or may not have been stored.
 *
 * So what is lost is an object that appears with a time older than those of the newest 20,000 (an upload that
 * began before all of them and ended after), and nothing else: the clocks compared are the server's own, and
 * one that runs late by less is made up for by `seen`. Where `action` takes objects away the lists stay short,
 * there is no horizon, and nothing is lost.
 */
import { isJsonObject, type Json, type JsonObject } from '../../src/plugin/index.ts';
import { type ArrivalPoint, digestOf, FINGERPRINT_BYTES } from './object.ts';

export const REMEMBERED_MAX = 20_000;

export interface Memory {
  readonly horizon: ArrivalPoint | undefined;
  readonly seen: ReadonlySet<number>;
  readonly unfinished: ReadonlySet<number>;
  readonly batch: { readonly key: string; readonly objects: ReadonlySet<number> } | undefined;
}

export const nothingSeen: Memory = {
  horizon: undefined,
  seen: new Set(),
  unfinished: new Set(),
  batch: undefined,
};

/**
 * @param identity what is watched: the memory of another watch (before the flow was changed) is none.
 */
export function restoreMemory(state: JsonObject | undefined, identity: readonly string[]): Memory {
  if (state === undefined || state['watch'] !== watchOf(identity)) return nothingSeen;
  const { horizon, batch } = state;
  return {
    horizon: isJsonObject(horizon) ? pointOf(horizon) : undefined,
    seen: unpack(state['seen']),
    unfinished: unpack(state['unfinished']),
    batch: isJsonObject(batch)
      ? { key: textIn(batch['key']), objects: unpack(batch['objects']) }
      : undefined,
  };
}

export function memoryState(memory: Memory, identity: readonly string[]): JsonObject {
  const { horizon, seen, unfinished, batch } = memory;
  return {
    watch: watchOf(identity),
    seen: pack(seen),
    unfinished: pack(unfinished),
    ...(horizon === undefined ? {} : { horizon: pointState(horizon) }),
    ...(batch === undefined ? {} : { batch: { key: batch.key, objects: pack(batch.objects) } }),
  };
}

function watchOf(identity: readonly string[]): string {
  return digestOf(identity).toString('base64url');
}

function pointState({ lastModifiedMs, key, versionId }: ArrivalPoint): JsonObject {
  return { lastModifiedMs, key, ...(versionId === undefined ? {} : { versionId }) };
}

function pointOf({ lastModifiedMs, key, versionId }: JsonObject): ArrivalPoint {
  return {
    lastModifiedMs: Number(lastModifiedMs),
    key: textIn(key),
    versionId: typeof versionId === 'string' ? versionId : undefined,
  };
}

function textIn(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function pack(fingerprints: ReadonlySet<number>): string {
  const bytes = Buffer.alloc(fingerprints.size * FINGERPRINT_BYTES);
  let at = 0;
  for (const fingerprint of fingerprints) {
    at = bytes.writeUIntBE(fingerprint, at, FINGERPRINT_BYTES);
  }
  return bytes.toString('base64');
}

function unpack(packed: Json | undefined): Set<number> {
  const bytes = Buffer.from(typeof packed === 'string' ? packed : '', 'base64');
  const fingerprints = new Set<number>();
  for (let at = 0; at + FINGERPRINT_BYTES <= bytes.length; at += FINGERPRINT_BYTES) {
    fingerprints.add(bytes.readUIntBE(at, FINGERPRINT_BYTES));
  }
  return fingerprints;
}
