import { hash } from 'node:crypto';
import type { JsonObject } from '../../src/plugin/index.ts';

/** An object as a list of S3 shows it; in a list of versions, one version of it. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  /** By the server's clock, ms since 1970. For a multipart upload Amazon gives its beginning. */
  readonly lastModifiedMs: number;
  /** Undefined in lists that do not name versions. */
  readonly versionId: string | undefined;
}

/** One entry of `trigger.objects`. */
export function objectFields(object: S3Object): JsonObject {
  const { bucket, key, size, etag, versionId } = object;
  return {
    ...{ bucket, key, size, etag },
    lastModified: new Date(object.lastModifiedMs).toISOString(),
    versionId: versionId ?? null,
    uri: uriOf(object),
  };
}

export function uriOf({ bucket, key }: S3Object): string {
  return `s3://${bucket}/${key}`;
}

/**
 * What tells this content at this key from every other that was or will be there: the version where it is
 * known, else hash and time, so that a file that is put again counts again.
 */
function identityOf({ bucket, key, etag, lastModifiedMs, versionId }: S3Object): readonly string[] {
  // Before a bucket kept versions, all its objects had the version `null`.
  const isVersion = versionId !== undefined && versionId !== 'null';
  return isVersion ? [bucket, key, versionId] : [bucket, key, etag, String(lastModifiedMs)];
}

/** The idempotency key: a hash, since a key of S3 alone may be as long as an idempotency key. */
export function objectKey(object: S3Object): string {
  return digestOf(identityOf(object)).toString('base64url');
}

/** The idempotency key of several objects that start one execution. */
export function batchKey(objects: readonly S3Object[]): string {
  return digestOf(objects.map(objectKey)).toString('base64url');
}

/** Bytes of a {@link fingerprint}: with 25,000 remembered, one new object in 10^10 would look like an old one. */
export const FINGERPRINT_BYTES = 6;

/** As {@link objectKey}, short. */
export function fingerprint(object: S3Object): number {
  return digestOf(identityOf(object)).readUIntBE(0, FINGERPRINT_BYTES);
}

/** Lengths stand before the parts, so that no two lists of parts have the same bytes. */
export function digestOf(parts: readonly string[]): Buffer {
  const text = parts.map((part) => `${part.length}:${part}`).join('');
  return hash('sha256', text, 'buffer');
}

/** A point in the order of arrival. Times of S3 are whole seconds, so the key has a say. */
export type ArrivalPoint = Pick<S3Object, 'lastModifiedMs' | 'key' | 'versionId'>;

/** By time, then key, then version: the oldest first. */
export function compareArrival(a: ArrivalPoint, b: ArrivalPoint): number {
  return (
    a.lastModifiedMs - b.lastModifiedMs ||
    compareText(a.key, b.key) ||
    compareText(a.versionId ?? '', b.versionId ?? '')
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
