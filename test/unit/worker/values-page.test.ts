/** `values.page` as the engine asks for it: cut, stored, and fetched again from the real store of files. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pageRequest, readFirstPage, readPage } from '../../../src/engine/tasks/values-page.ts';
import { limits } from '../../../src/model/limits.ts';
import { isReference, valueReference, type ValueReference } from '../../../src/model/reference.ts';
import type { Json, JsonObject } from '../../../src/support/json.ts';
import { WorkerFixture } from './worker-fixture.ts';

let fixture: WorkerFixture;
beforeEach(async () => {
  fixture = await WorkerFixture.open();
  await fixture.worker({});
});
afterEach(() => fixture.close());

async function stored(value: Json, contentType = 'application/json'): Promise<ValueReference> {
  const blob = await fixture.ports.blobs.put(Buffer.from(JSON.stringify(value)), contentType);
  return valueReference({ ...blob, contentType });
}

async function asked(properties: JsonObject) {
  const dispatch = fixture.dispatch({ taskType: 'values.page', properties });
  await fixture.send(dispatch);
  return (await fixture.result(dispatch)).result;
}

async function outputsOf(properties: JsonObject): Promise<JsonObject> {
  const result = await asked(properties);
  expect(result).toMatchObject({ state: 'SUCCESS' });
  expect(JSON.stringify(result).length).toBeLessThan(limits.inlineValueBytes.value);
  return 'outputs' in result ? (result.outputs ?? {}) : {};
}

/** All pages of the value, one after the other, as a loop asks for them. */
async function pagesOf(value: Json): Promise<ReturnType<typeof readPage>[]> {
  const outputs = await outputsOf({ values: { ...(await stored(value)) }, concurrencyLimit: 3 });
  expect(outputs['concurrencyLimit']).toBe(3);
  const first = readFirstPage(outputs['values']);
  const pages = [readPage(outputs['values'])];
  let found = first.values.length;
  for (let page = 0; found < first.total; page += 1) {
    if (first.pages === undefined) throw new Error('there are no further pages');
    const next = readPage(await outputsOf(pageRequest(first.pages, page)));
    found += next.values.length;
    pages.push(next);
  }
  return pages;
}

const texts = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_, n) => `${n} ${'é]"'.repeat(length)}`);

describe('pages of values', () => {
  it('of a list are the list', async () => {
    const list = texts(3_000, 60);
    const pages = await pagesOf(list);
    expect(pages.length).toBeGreaterThan(4);
    expect(pages.flatMap(({ values }) => values)).toEqual(list);
    for (const { values, keys } of pages) {
      expect(keys).toBeUndefined();
      expect(Buffer.byteLength(JSON.stringify(values))).toBeLessThan(
        limits.loopPageBytes.value * 1.1,
      );
    }
  });

  it('of a map keep its keys, whatever they are called', async () => {
    const entries = texts(2_000, 50).map((text, n): [string, Json] => [`${n % 2}-${text}`, { n }]);
    const map = Object.fromEntries<Json>([['__proto__', 1], ['7', 2], ...entries]);
    const pages = await pagesOf(map);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flatMap(({ keys = [] }) => keys)).toEqual(Object.keys(map));
    expect(pages.flatMap(({ values }) => values)).toEqual(Object.values(map));
  });

  it('hold a value that is larger than a page as a reference', async () => {
    const large = 'x'.repeat(limits.loopPageBytes.value + 1);
    const pages = await pagesOf({ a: 1, b: large, c: large, d: 2 });
    const values = pages.flatMap((page) => page.values);
    expect(pages.flatMap(({ keys = [] }) => keys)).toEqual(['a', 'b', 'c', 'd']);
    expect(values.map(isReference)).toEqual([false, true, true, false]);
    const [, reference] = values;
    const bytes = isReference(reference) ? await fixture.ports.blobs.get(reference.uri) : undefined;
    expect(JSON.parse(Buffer.from(bytes ?? []).toString())).toBe(large);
  });

  it('of nothing are one, and empty', async () => {
    expect(await pagesOf([])).toEqual([{ values: [] }]);
    expect(await pagesOf({})).toEqual([{ values: [], keys: [] }]);
  });

  it('of what is no list are refused', async () => {
    for (const reference of [await stored('a text'), await stored([1], 'text/plain')]) {
      expect(await asked({ values: { ...reference } })).toMatchObject({
        outcome: 'definite',
        error: { code: 'properties.invalid', message: 'values must be a list or a map' },
      });
    }
  });

  it('of more values than a loop goes through are refused', async () => {
    const many = await stored(new Array<number>(limits.loopValues.value + 1).fill(1));
    const result = await asked({ values: { ...many } });
    expect(result).toMatchObject({ error: { code: 'properties.invalid' } });
    expect(JSON.stringify(result)).toContain('more than 100000 entries');
  });

  it('that are lost fail with value-lost', async () => {
    const pages = await stored(['blob:gone']);
    for (const request of [
      pageRequest(pages, 0),
      pageRequest(pages, 1),
      { values: { ...pages, uri: `blob:${'0'.repeat(64)}` } },
    ]) {
      expect(await asked(request)).toMatchObject({ error: { code: 'value-lost' } });
    }
  });
});
