/** Names of large values, the same in every blob store: `blob:<sha256>`. */
import { webcrypto } from 'node:crypto';

const URI = /^blob:([0-9a-f]{64})$/;

/** The hash in a uri; undefined for every other text, so that nothing else becomes a path or a key (S7). */
export function blobHash(uri: string): string | undefined {
  return URI.exec(uri)?.[1];
}

export function blobUri(sha256: string): string {
  return `blob:${sha256}`;
}

/** Hexadecimal. On a thread of the pool: a hundred megabytes must not hold up the event loop. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = await webcrypto.subtle.digest('SHA-256', bytes);
  return Buffer.from(digest).toString('hex');
}
