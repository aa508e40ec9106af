import { type FilterDefinition, parameters } from '../definition.ts';
import { expectList, expectMap } from '../values/expect.ts';
import { isList, setOwn } from '../values/kinds.ts';

const keys: FilterDefinition = {
  name: 'keys',
  parameters: [],
  summary: 'The keys of a map.',
  example: { template: '<< {a: 1, b: 2} | keys >>', gives: ['a', 'b'] },
  apply: (input, _given, run) => Object.keys(expectMap(input, 'the input of `keys`', run)),
};

const values: FilterDefinition = {
  name: 'values',
  parameters: [],
  summary: 'The values of a map.',
  example: { template: '<< {a: 1, b: 2} | values >>', gives: [1, 2] },
  apply: (input, _given, run) => Object.values(expectMap(input, 'the input of `values`', run)),
};

const entries: FilterDefinition = {
  name: 'entries',
  parameters: [],
  summary: 'The list of `{ key, value }` of a map.',
  example: { template: '<< {a: 1} | entries >>', gives: [{ key: 'a', value: 1 }] },
  apply(input, _given, run) {
    const map = expectMap(input, 'the input of `entries`', run);
    return Object.keys(map).map((key) => ({ key, value: map[key] }));
  },
};

const merge: FilterDefinition = {
  name: 'merge',
  parameters: parameters('other'),
  summary:
    'A map with the keys of both, and the values of `other` where both have one; of two lists, one after the other.',
  example: { template: '<< {a: 1, b: 1} | merge({b: 2}) >>', gives: { a: 1, b: 2 } },
  apply(input, [other], run) {
    if (isList(input)) {
      return [
        ...expectList(input, 'the input of `merge`', run),
        ...expectList(other, '`other`', run),
      ];
    }
    const merged: Record<string, unknown> = {};
    for (const map of [
      expectMap(input, 'the input of `merge`', run),
      expectMap(other, '`other`', run),
    ]) {
      for (const key of Object.keys(map)) setOwn(merged, key, map[key]);
    }
    return merged;
  },
};

export const mapFilters: readonly FilterDefinition[] = [entries, keys, merge, values];
