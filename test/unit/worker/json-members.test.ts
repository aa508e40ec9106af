import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containerOf, membersOf } from '../../../src/worker/json-members.ts';

function textsOf(json: string): readonly string[] {
  const bytes = Buffer.from(json);
  return [...membersOf(bytes)].map(({ start, end }) => bytes.toString('utf8', start, end));
}

describe('members of JSON', () => {
  it('are those that a parser finds, in a list', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (list, indent) => {
        const json = JSON.stringify(list, null, indent);
        expect(textsOf(json).map((text): unknown => JSON.parse(text))).toEqual(JSON.parse(json));
      }),
    );
  });

  it('are those that a parser finds, in a map', () => {
    const map = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    fc.assert(
      fc.property(map, fc.constantFrom(0, 2), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        const again: unknown = JSON.parse(`{${textsOf(json).join(',')}}`);
        expect(again).toEqual(JSON.parse(json));
        expect(textsOf(json)).toHaveLength(Object.keys(value).length);
      }),
    );
  });

  it('know where the value of a key begins', () => {
    const json = Buffer.from('{"a\\"]" : [1, {"b": "}"}], "c":2}');
    const values = [...membersOf(json)].map(({ value, end }) => json.toString('utf8', value, end));
    expect(values).toEqual(['[1, {"b": "}"}]', '2']);
  });

  it.each(['', '[1', '[[1] 2]', '{"a"}', '{"a":1', '["a', '{1:2}'])(
    'are not found in %j',
    (json) => {
      expect(() => textsOf(json)).toThrow('no JSON at byte');
    },
  );

  it.each([
    [' [1]', 'list'],
    ['{}', 'map'],
    ['"text"', undefined],
    ['12', undefined],
  ])('%j is a %s', (json, container) => {
    expect(containerOf(Buffer.from(json))).toBe(container);
  });
});
