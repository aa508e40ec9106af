import { limits } from '../model/limits.ts';
import { isReference, referenceMarker, valueReference } from '../model/reference.ts';
import { TaskFailure } from '../plugin/index.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Json, JsonObject } from '../support/json.ts';

/**
 * Refuses outputs that imitate a reference: data from outside must not make the engine read a blob of
 * somebody else (S12).
 */
export function refuseImitations(outputs: JsonObject, text: string): void {
  if (!text.includes(referenceMarker)) return;
  const key = Object.keys(outputs).find((name) =>
    JSON.stringify(outputs[name] ?? null).includes(`"${referenceMarker}"`),
  );
  if (key === undefined) return;
  throw new TaskFailure(
    'outputs.reserved-key',
    `output ${key} has the key ${referenceMarker}, which is reserved`,
    { outcome: 'definite' },
  );
}

/**
 * Moves values that are too large for a record to the blob store and leaves references: each output over
 * the limit, then the largest until the whole fits (invariant 10).
 */
export async function externalise(outputs: JsonObject, blobs: BlobStore): Promise<JsonObject> {
  const sized = Object.entries(outputs).map(([name, value]) => {
    const text = JSON.stringify(value);
    return { name, value, text, bytes: Buffer.byteLength(text) };
  });
  const limit = limits.inlineValueBytes.value;
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const result = new Map<string, Json>(Object.entries(outputs));
  for (const { name, value, text, bytes } of sized.sort((a, b) => b.bytes - a.bytes)) {
    if (total <= limit && bytes <= limit) break;
    if (isReference(value)) continue;
    const stored = await blobs.put(Buffer.from(text), 'application/json');
    result.set(name, { ...valueReference({ ...stored, contentType: 'application/json' }) });
    total -= bytes;
  }
  return Object.fromEntries(result);
}
