import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLabels, readPairs } from '../../../src/cli/pairs.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-pairs-'));
  writeFileSync(path.join(folder, 'order.json'), '{"id": 1}');
});

afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['a=text', 'text'],
  ['a=', ''],
  ['a=1', '1'],
  ['a=x=y', 'x=y'],
  ['a=b:=c', 'b:=c'],
  ['a=http://host:1/?q=1', 'http://host:1/?q=1'],
  ['a=@order.json', '{"id": 1}'],
  ['a=two\nlines', 'two\nlines'],
])('%s is text', async (pair, text) => {
  expect(await readPairs([pair], folder)).toEqual({ inputs: {}, texts: { a: text } });
});

it.each([
  ['a:=1', 1],
  ['a:={"b":[true,null]}', { b: [true, null] }],
  ['a:=@order.json', { id: 1 }],
  ['a:=12345678901234567890', '12345678901234567890'],
])('%s is a value', async (pair, value) => {
  expect(await readPairs([pair], folder)).toEqual({ inputs: { a: value }, texts: {} });
});

it('takes the last value of a name, and keeps names that objects have by nature', async () => {
  expect(await readPairs(['a=1', 'a:=2'], folder)).toEqual({ inputs: { a: 2 }, texts: {} });
  const { texts } = await readPairs(['__proto__=x', 'constructor=y'], folder);
  expect(Object.keys(texts)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(texts)).toBe(Object.prototype);
});

it.each([
  ['order', 'is not name=value'],
  ['=1', 'is not name=value'],
  ['a b=1', 'is not name=value'],
  ['a:={', 'is JSON'],
  ['a=@missing', 'missing cannot be read'],
])('refuses %s', async (pair, said) => {
  await expect(readPairs([pair], folder)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(said),
  });
});

it('reads labels as text', () => {
  expect(readLabels(['team=orders', 'a=b=c'])).toEqual({ team: 'orders', a: 'b=c' });
  expect(() => readLabels(['team'])).toThrow('team is not name=value');
});
