import { limits } from '../model/limits.ts';
import { isReference, valueReference } from '../model/reference.ts';
import type { BlobStore } from './blob-store.ts';
import type { Json, JsonObject } from '../support/json.ts';

/**
 * Moves members of an object that are too large for a record to the blob store and leaves references: each
 * over the limit, then the largest until the whole fits (invariant 10). Small objects pass untouched.
 *
 * @param textLength length of the object's JSON text, when it is known: most objects are small.
 */
export async function externaliseMembers(
  members: JsonObject,
  blobs: BlobStore,
  textLength?: number,
): Promise<JsonObject> {
  const limit = limits.inlineValueBytes.value;
  // UTF-8 takes at most three bytes for a UTF-16 unit.
  if (textLength !== undefined && textLength * 3 <= limit) return members;
  const sized = Object.entries(members)
    .filter(([, value]) => !isReference(value))
    .map(([name, value]) => {
      const text = JSON.stringify(value);
      return { name, text, bytes: Buffer.byteLength(text) };
    });
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= limit) return members;
  const result = new Map<string, Json>(Object.entries(members));
  for (const { name, text, bytes } of sized.sort((a, b) => b.bytes - a.bytes)) {
    if (total <= limit) break;
    const stored = await blobs.put(Buffer.from(text), 'application/json');
    result.set(name, { ...valueReference({ ...stored, contentType: 'application/json' }) });
    total -= bytes;
  }
  return Object.fromEntries(result);
}
