import { type FilterDefinition, parameters } from '../definition.ts';
import type { Runtime } from '../run/runtime.ts';
import { compare, identityOf } from '../values/compare.ts';
import {
  countOr,
  expectBoolean,
  expectInteger,
  expectList,
  expectNumber,
  textOr,
} from '../values/expect.ts';
import { isList, setOwn } from '../values/kinds.ts';
import { toText } from '../values/text.ts';
import { attributeReader, strictAttributeReader } from './attribute.ts';

const first: FilterDefinition = {
  name: 'first',
  parameters: [],
  summary: 'The first element of a list, or character of a text; no value when it is empty.',
  example: { template: "<< ['a', 'b'] | first >>", gives: 'a' },
  apply: (input, _given, run) =>
    typeof input === 'string' ? (input[0] ?? undefined) : listOf(input, 'first', run)[0],
};

const last: FilterDefinition = {
  name: 'last',
  parameters: [],
  summary: 'The last element of a list, or character of a text; no value when it is empty.',
  example: { template: "<< ['a', 'b'] | last >>", gives: 'b' },
  apply: (input, _given, run) =>
    typeof input === 'string' ? input.at(-1) : listOf(input, 'last', run).at(-1),
};

const join: FilterDefinition = {
  name: 'join',
  parameters: parameters('separator?', 'attribute?'),
  summary: 'The elements as one text, `separator` (default none) between them.',
  example: { template: "<< ['a', 'b'] | join(', ') >>", gives: 'a, b' },
  apply(input, [separator, attribute], run) {
    const list = listOf(input, 'join', run);
    const between = textOr(separator, '', '`separator`', run);
    const read = strictAttributeReader(attribute, run);
    let text = '';
    list.forEach((element, index) => {
      text += (index === 0 ? '' : between) + toText(read(element), run);
      if (text.length > run.outputBytesMax) run.reserve(text.length);
    });
    return run.made(text);
  },
};

const slice: FilterDefinition = {
  name: 'slice',
  parameters: parameters('start', 'end?'),
  summary:
    'From index `start` to before `end` (default the end); negative ones count from the end.',
  example: { template: '<< [1, 2, 3, 4] | slice(1, 3) >>', gives: [2, 3] },
  apply(input, [start, end], run) {
    const from = expectInteger(start, '`start`', run);
    const to = end === undefined ? undefined : expectInteger(end, '`end`', run);
    if (typeof input === 'string') return run.made(input.slice(from, to));
    return listOf(input, 'slice', run).slice(from, to);
  },
};

const batch: FilterDefinition = {
  name: 'batch',
  parameters: parameters('size'),
  summary: 'The list in lists of `size` elements, the last one shorter.',
  example: { template: '<< [1, 2, 3] | batch(2) >>', gives: [[1, 2], [3]] },
  apply(input, [size], run) {
    const list = listOf(input, 'batch', run);
    const count = expectInteger(size, '`size`', run);
    if (count < 1) return run.fail('bad-argument', '`size` is at least 1');
    const batches: unknown[] = [];
    for (let at = 0; at < list.length; at += count) batches.push(list.slice(at, at + count));
    return batches;
  },
};

const flatten: FilterDefinition = {
  name: 'flatten',
  parameters: parameters('depth?'),
  summary: 'Lists in the list replaced by their elements, `depth` (default 1) levels deep.',
  example: { template: '<< [[1], [2, 3]] | flatten >>', gives: [1, 2, 3] },
  apply(input, [depth], run) {
    let list = listOf(input, 'flatten', run);
    const levels = countOr(depth, 1, '`depth`', run);
    for (let level = 0; level < levels && list.some(isList); level++) list = flattenOnce(list, run);
    return list;
  },
};

function flattenOnce(list: readonly unknown[], run: Runtime): readonly unknown[] {
  const flat: unknown[] = [];
  for (const element of list) {
    if (isList(element)) {
      run.charge(element.length);
      for (const inner of element) flat.push(inner);
    } else {
      flat.push(element);
    }
  }
  run.charge(list.length);
  return flat;
}

const unique: FilterDefinition = {
  name: 'unique',
  parameters: parameters('attribute?'),
  summary: 'Without elements that are equal to an earlier one, or have an equal `attribute`.',
  example: { template: '<< [1, 2, 1] | unique >>', gives: [1, 2] },
  apply(input, [attribute], run) {
    const read = strictAttributeReader(attribute, run);
    const seen = new Set<string>();
    return listOf(input, 'unique', run).filter((element) => {
      const identity = identityOf(read(element), run);
      if (seen.has(identity)) return false;
      seen.add(identity);
      return true;
    });
  },
};

const sort: FilterDefinition = {
  name: 'sort',
  parameters: parameters('attribute?', 'reverse?'),
  summary:
    'In rising order of the numbers or texts in it, or of their `attribute`; `reverse`: falling.',
  example: { template: '<< [3, 1, 2] | sort >>', gives: [1, 2, 3] },
  apply(input, [attribute, reverse], run) {
    const list = listOf(input, 'sort', run);
    const read = strictAttributeReader(attribute, run);
    const sign = expectBoolean(reverse, false, '`reverse`', run) ? -1 : 1;
    const keyed = list.map((element) => ({ element, key: read(element) }));
    keyed.sort((left, right) => sign * compare(left.key, right.key, run));
    return keyed.map(({ element }) => element);
  },
};

const sum: FilterDefinition = {
  name: 'sum',
  parameters: parameters('attribute?'),
  summary: 'The sum of the numbers, or of the `attribute` of each element.',
  example: { template: '<< [1, 2, 3] | sum >>', gives: 6 },
  apply(input, [attribute], run) {
    const read = strictAttributeReader(attribute, run);
    let total = 0;
    for (const element of listOf(input, 'sum', run)) {
      total += expectNumber(run.settle(read(element)), 'an element of `sum`', run);
    }
    return Number.isFinite(total) ? total : run.fail('not-finite', 'the sum is too large');
  },
};

/** `min` and `max`: the element that comes before all others in the order that `sign` gives. */
function extreme(
  name: string,
  sign: number,
  example: FilterDefinition['example'],
): FilterDefinition {
  return {
    name,
    parameters: parameters('attribute?'),
    summary: `The ${sign < 0 ? 'smallest' : 'largest'} element, or the one with such an \`attribute\`; no value when the list is empty.`,
    example,
    apply(input, [attribute], run) {
      const read = strictAttributeReader(attribute, run);
      const [head, ...rest] = listOf(input, name, run);
      let best = head;
      for (const element of rest) {
        if (compare(read(element), read(best), run) * sign > 0) best = element;
      }
      return best;
    },
  };
}

const groupby: FilterDefinition = {
  name: 'groupby',
  parameters: parameters('attribute'),
  summary: 'A map from each value of `attribute`, as text, to the list of elements that have it.',
  example: {
    template: "<< [{k: 'a', n: 1}, {k: 'b', n: 2}, {k: 'a', n: 3}] | groupby('k') >>",
    gives: {
      a: [
        { k: 'a', n: 1 },
        { k: 'a', n: 3 },
      ],
      b: [{ k: 'b', n: 2 }],
    },
  },
  apply(input, [attribute], run) {
    const read = strictAttributeReader(attribute, run);
    const groups = new Map<string, unknown[]>();
    for (const element of listOf(input, 'groupby', run)) {
      const key = toText(read(element), run);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [element]);
      else group.push(element);
    }
    const map: Record<string, unknown> = {};
    for (const [key, group] of groups) setOwn(map, key, group);
    return map;
  },
};

const map: FilterDefinition = {
  name: 'map',
  parameters: parameters('attribute', 'default?'),
  summary: 'The `attribute` of each element; `default` for those that lack it.',
  example: { template: "<< [{sku: 'a'}, {sku: 'b'}] | map('sku') >>", gives: ['a', 'b'] },
  apply(input, [attribute, fallback], run) {
    const read =
      fallback === undefined
        ? strictAttributeReader(attribute, run)
        : attributeReader(attribute, run);
    return listOf(input, 'map', run).map((element) => read(element) ?? fallback ?? null);
  },
};

function listOf(input: unknown, name: string, run: Runtime): readonly unknown[] {
  return expectList(input, `the input of \`${name}\``, run);
}

export const listFilters: readonly FilterDefinition[] = [
  batch,
  extreme('max', 1, { template: '<< [1, 3, 2] | max >>', gives: 3 }),
  extreme('min', -1, { template: '<< [2, 1, 3] | min >>', gives: 1 }),
  first,
  flatten,
  groupby,
  join,
  last,
  map,
  slice,
  sort,
  sum,
  unique,
];
