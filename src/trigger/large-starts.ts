import { limits } from '../model/limits.ts';
import type { StartRequest } from '../model/starts.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import { externaliseMembers } from '../ports/large-values.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { StartRefused } from './start-refused.ts';

/** True when the values of a start, as a record's text, must not all travel in it (invariant 10). */
export function isLargeStart(text: string): boolean {
  return isLongerThan(text, limits.inlineValueBytes.value);
}

/** @throws {@link StartRefused} `too-large` when even so it is larger than a start may be. */
export function checkStartSize(text: string): void {
  const bytesMax = limits.startBytes.value;
  if (!isLongerThan(text, bytesMax)) return;
  throw new StartRefused(
    'too-large',
    'start-too-large',
    `Inputs, labels and trigger of a start may have ${bytesMax} bytes together, large values not counted`,
  );
}

/** UTF-8 takes at most three bytes for a UTF-16 unit: most texts need not be counted. */
function isLongerThan(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}

/**
 * The start with its largest values in the blob store. Inputs and what the trigger gives are looked at
 * together: each for itself they might fit, and the start still be refused.
 */
export async function storeLargeValues<Start extends Pick<StartRequest, 'inputs' | 'trigger'>>(
  start: Start,
  blobs: BlobStore,
): Promise<Start> {
  const { type, id, ...fields } = start.trigger;
  const together = { ...prefixed('inputs/', start.inputs), ...prefixed('fields/', fields) };
  const stored = await externaliseMembers(together, blobs);
  return {
    ...start,
    inputs: membersOf(stored, 'inputs/'),
    trigger: { type, id, ...membersOf(stored, 'fields/') },
  };
}

function prefixed(prefix: string, members: JsonObject): JsonObject {
  return renamed(members, (name) => prefix + name);
}

function membersOf(members: JsonObject, prefix: string): JsonObject {
  return renamed(members, (name) =>
    name.startsWith(prefix) ? name.slice(prefix.length) : undefined,
  );
}

/** Not by assignment: an input named `__proto__` is an input. */
function renamed(members: JsonObject, rename: (name: string) => string | undefined): JsonObject {
  const entries: [string, Json][] = [];
  for (const [name, value] of Object.entries(members)) {
    const next = rename(name);
    if (next !== undefined) entries.push([next, value]);
  }
  return Object.fromEntries(entries);
}
