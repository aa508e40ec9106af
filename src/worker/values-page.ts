/**
 * `values.page`: a loop goes through a value that is kept as a reference (engine/tasks/values-page.ts). The
 * first request cuts it into pages, which are blobs of their own with a list of them beside; so a further
 * request reads its page and not the whole, and a loop costs what its values have, however many pages they are.
 * A page is a list or a map as the value is.
 */
import type { ValuesPage } from '../engine/tasks/values-page.ts';
import { limits } from '../model/limits.ts';
import { isReference, valueReference, type ValueReference } from '../model/reference.ts';
import { TaskFailure } from '../plugin/index.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../support/json.ts';
import { lostValue } from './failures.ts';
import { type Container, containerOf, type Member, membersOf } from './json-members.ts';

const JSON_TYPE = 'application/json';
const COMMA = Buffer.from(',');
const BRACKETS: Readonly<Record<Container, readonly [Buffer, Buffer]>> = {
  list: [Buffer.from('['), Buffer.from(']')],
  map: [Buffer.from('{'), Buffer.from('}')],
};

/** Pages that are stored at a time. */
const PUTS = 8;

/** @throws {@link TaskFailure}, definite: nothing has been done. */
export async function pageOfValues(properties: JsonObject, blobs: BlobStore): Promise<JsonObject> {
  const { pages, page, values } = properties;
  if (isReference(pages)) return { ...(await furtherPage(pages, Number(page), blobs)) };
  if (!isReference(values)) throw notIterable();
  const first = await new Cutter(blobs).cut(values);
  return { ...properties, values: first };
}

async function furtherPage(
  pages: ValueReference,
  page: number,
  blobs: BlobStore,
): Promise<ValuesPage> {
  const list: unknown = JSON.parse((await read(pages.uri, blobs)).toString());
  const uri: unknown = Array.isArray(list) ? list[page] : undefined;
  if (typeof uri !== 'string') throw lostValue(`${pages.uri}#${page}`);
  return pageFrom(await read(uri, blobs));
}

/** Cuts one value. */
class Cutter {
  readonly #blobs: BlobStore;
  #first: Buffer | undefined;
  readonly #further: string[] = [];
  #unsaved: Buffer[] = [];

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  async cut({ uri, contentType }: ValueReference): Promise<JsonObject> {
    const json = await read(uri, this.#blobs);
    const container = contentType === JSON_TYPE ? containerOf(json) : undefined;
    if (container === undefined) throw notIterable();
    const total = await this.#cutMembers(json, container);
    const page = { total, ...pageFrom(this.#first ?? pageBytes([], container)) };
    if (this.#further.length === 0) return page;
    const list = await this.#blobs.put(Buffer.from(JSON.stringify(this.#further)), JSON_TYPE);
    return { ...page, pages: { ...valueReference({ ...list, contentType: JSON_TYPE }) } };
  }

  async #cutMembers(json: Buffer, container: Container): Promise<number> {
    const bytesMax = limits.loopPageBytes.value;
    let total = 0;
    let page: Buffer[] = [];
    let size = 0;
    for (const member of membersOf(json)) {
      total += 1;
      if (total > limits.loopValues.value) throw tooMany();
      const text = await this.#textOf(member, json);
      if (size > 0 && size + text.length > bytesMax) {
        await this.#add(pageBytes(page, container));
        page = [];
        size = 0;
      }
      page.push(text);
      size += text.length;
    }
    if (size > 0) await this.#add(pageBytes(page, container));
    await this.#save();
    return total;
  }

  /** A member as it stands; one that is larger than a page, as a reference. */
  async #textOf({ start, value, end }: Member, json: Buffer): Promise<Buffer> {
    if (end - value <= limits.loopPageBytes.value) return json.subarray(start, end);
    const stored = await this.#blobs.put(json.subarray(value, end), JSON_TYPE);
    const reference = valueReference({ ...stored, contentType: JSON_TYPE });
    return Buffer.concat([json.subarray(start, value), Buffer.from(JSON.stringify(reference))]);
  }

  async #add(page: Buffer): Promise<void> {
    if (this.#first === undefined) {
      this.#first = page;
      return;
    }
    this.#unsaved.push(page);
    if (this.#unsaved.length >= PUTS) await this.#save();
  }

  async #save(): Promise<void> {
    const stored = await Promise.all(this.#unsaved.map((page) => this.#blobs.put(page, JSON_TYPE)));
    this.#further.push(...stored.map(({ uri }) => uri));
    this.#unsaved = [];
  }
}

function pageBytes(members: readonly Buffer[], container: Container): Buffer {
  const [open, close] = BRACKETS[container];
  const parts = members.flatMap((member, at) => (at === 0 ? [member] : [COMMA, member]));
  return Buffer.concat([open, ...parts, close]);
}

function pageFrom(bytes: Buffer): ValuesPage & JsonObject {
  const page = JSON.parse(bytes.toString()) as Json; // Cut out of JSON.
  if (isJsonArray(page)) return { values: page };
  const entries = isJsonObject(page) ? page : {};
  return { values: Object.values(entries), keys: Object.keys(entries) };
}

async function read(uri: string, blobs: BlobStore): Promise<Buffer> {
  const bytes = await blobs.get(uri);
  if (bytes === undefined) throw lostValue(uri);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function notIterable(): TaskFailure {
  return invalidValues('values must be a list or a map');
}

function tooMany(): TaskFailure {
  const most = limits.loopValues.value;
  return invalidValues(`values has more than ${most} entries, the most of a loop: split them`);
}

function invalidValues(message: string): TaskFailure {
  const details = { property: 'values' };
  return new TaskFailure('properties.invalid', message, { outcome: 'definite', details });
}
