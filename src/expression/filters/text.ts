import { type FilterDefinition, parameters } from '../definition.ts';
import type { Runtime } from '../run/runtime.ts';
import { contains } from '../run/operators.ts';
import { countOr, expectBoolean, expectText, expectTextual, textOr } from '../values/expect.ts';
import { isList, show } from '../values/kinds.ts';

/** A filter of text without arguments whose result is not much longer than its input. */
function simple(
  name: string,
  summary: string,
  example: FilterDefinition['example'],
  change: (text: string) => string,
): FilterDefinition {
  return {
    name,
    parameters: [],
    summary,
    example,
    apply(input, _given, run) {
      const text = inputText(input, name, run);
      return run.made(change(text));
    },
  };
}

/** Numbers and booleans count as text: ids are often numbers. */
function inputText(input: unknown, name: string, run: Runtime): string {
  const text = expectTextual(input, `the input of \`${name}\``, run);
  run.chargeText(text.length);
  return text;
}

const simpleFilters: readonly FilterDefinition[] = [
  simple('upper', 'Upper case.', { template: "<< 'abc' | upper >>", gives: 'ABC' }, (text) =>
    text.toUpperCase(),
  ),
  simple('lower', 'Lower case.', { template: "<< 'ABC' | lower >>", gives: 'abc' }, (text) =>
    text.toLowerCase(),
  ),
  simple(
    'capitalize',
    'The first letter in upper case, the others in lower case.',
    { template: "<< 'heLLO you' | capitalize >>", gives: 'Hello you' },
    (text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase(),
  ),
  simple(
    'trim',
    'Without white space at both ends.',
    { template: "<< '  a b ' | trim >>", gives: 'a b' },
    (text) => text.trim(),
  ),
];

const title: FilterDefinition = {
  name: 'title',
  parameters: [],
  summary: 'The first letter of each word in upper case, the others in lower case.',
  example: { template: "<< 'the big day' | title >>", gives: 'The Big Day' },
  apply(input, _given, run) {
    const text = inputText(input, 'title', run);
    // Each word is a call of its own.
    run.charge(text.length / 8);
    const lower = text.toLowerCase();
    return run.made(lower.replace(/(^|[\s-])(\p{L})/gu, (match) => match.toUpperCase()));
  },
};

const truncate: FilterDefinition = {
  name: 'truncate',
  parameters: parameters('length', 'end?'),
  summary: 'At most `length` characters, `end` (default `…`) included when something is cut off.',
  example: { template: "<< 'a long story' | truncate(7) >>", gives: 'a long…' },
  apply(input, [length, end], run) {
    const text = inputText(input, 'truncate', run);
    const most = countOr(length, 0, '`length`', run);
    if (text.length <= most) return text;
    const mark = textOr(end, '…', '`end`', run).slice(0, most);
    return run.made(text.slice(0, most - mark.length) + mark);
  },
};

const center: FilterDefinition = {
  name: 'center',
  parameters: parameters('width'),
  summary: 'With spaces at both sides, so that it is `width` characters wide.',
  example: { template: "<< 'ab' | center(6) >>", gives: '  ab  ' },
  apply(input, [width], run) {
    const text = inputText(input, 'center', run);
    const wide = countOr(width, 0, '`width`', run);
    run.reserve(Math.max(wide, text.length));
    const left = Math.max(0, Math.floor((wide - text.length) / 2));
    return (' '.repeat(left) + text).padEnd(wide);
  },
};

const indent: FilterDefinition = {
  name: 'indent',
  parameters: parameters('width?', 'first?'),
  summary:
    'Each line but the first moved right by `width` (default 4) spaces; `first`: that one too.',
  example: { template: "<< 'a\\nb' | indent(2) >>", gives: 'a\n  b' },
  apply(input, [width, first], run) {
    const text = inputText(input, 'indent', run);
    const space = countOr(width, 4, '`width`', run);
    const lines = occurrences(text, '\n', run) + 1;
    run.reserve(text.length + lines * space);
    const prefix = ' '.repeat(space);
    const indented = text.replaceAll('\n', `\n${prefix}`);
    return expectBoolean(first, false, '`first`', run) ? prefix + indented : indented;
  },
};

const replace: FilterDefinition = {
  name: 'replace',
  parameters: parameters('from', 'to', 'count?'),
  summary:
    'Each `from` (a text, not a pattern) replaced by `to`; with `count` only the first ones.',
  example: { template: "<< 'a-b-c' | replace('-', '+') >>", gives: 'a+b+c' },
  apply(input, [from, to, count], run) {
    const text = inputText(input, 'replace', run);
    const old = expectText(from, '`from`', run);
    const fresh = expectTextual(to, '`to`', run);
    if (old === '') return run.fail('bad-argument', '`from` is an empty text');
    const most = countOr(count, Number.MAX_SAFE_INTEGER, '`count`', run);
    const found = Math.min(most, occurrences(text, old, run));
    run.reserve(text.length + found * (fresh.length - old.length));
    const pieces = text.split(old);
    // What comes after the last replacement keeps its old separators.
    const rest = pieces.slice(found).join(old);
    return [...pieces.slice(0, found), rest].join(fresh);
  },
};

/** How often a part occurs, without overlaps; each costs an operation. */
function occurrences(text: string, part: string, run: Runtime): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) {
    run.charge(1);
    count += 1;
  }
  return count;
}

const split: FilterDefinition = {
  name: 'split',
  parameters: parameters('separator'),
  summary: 'The list of what stands between the separators.',
  example: { template: "<< 'a,b' | split(',') >>", gives: ['a', 'b'] },
  apply(input, [separator], run) {
    const text = inputText(input, 'split', run);
    const between = expectText(separator, '`separator`', run);
    if (between === '') return run.fail('bad-argument', '`separator` is an empty text');
    occurrences(text, between, run);
    return text.split(between);
  },
};

function affix(
  name: string,
  argument: string,
  summary: string,
  example: FilterDefinition['example'],
  holds: (text: string, part: string) => boolean,
): FilterDefinition {
  return {
    name,
    parameters: parameters(argument),
    summary,
    example,
    apply(input, [part], run) {
      const text = inputText(input, name, run);
      return holds(text, expectTextual(part, `\`${argument}\``, run));
    },
  };
}

const affixes: readonly FilterDefinition[] = [
  affix(
    'startsWith',
    'prefix',
    'True when the text begins with `prefix`.',
    { template: "<< 'refs/heads/main' | startsWith('refs/') >>", gives: true },
    (text, part) => text.startsWith(part),
  ),
  affix(
    'endsWith',
    'suffix',
    'True when the text ends with `suffix`.',
    { template: "<< 'a.csv' | endsWith('.csv') >>", gives: true },
    (text, part) => text.endsWith(part),
  ),
];

const containsFilter: FilterDefinition = {
  name: 'contains',
  parameters: parameters('part'),
  summary: 'True when the text has `part` in it, the list such an element, or the map such a key.',
  example: { template: "<< ['a', 'b'] | contains('b') >>", gives: true },
  apply: (input, [part], run) => contains(input, part, run),
};

const reverse: FilterDefinition = {
  name: 'reverse',
  parameters: [],
  summary: 'The list, or the text, from its end to its beginning.',
  example: { template: '<< [1, 2, 3] | reverse >>', gives: [3, 2, 1] },
  apply(input, _given, run) {
    if (isList(input)) {
      run.charge(input.length);
      return input.toReversed();
    }
    const text = expectText(input, 'the input of `reverse`', run);
    run.charge(text.length);
    return Array.from(text).reverse().join('');
  },
};

const length: FilterDefinition = {
  name: 'length',
  parameters: [],
  summary: 'How many elements a list, keys a map, or characters a text has.',
  example: { template: "<< ['a', 'b'] | length >>", gives: 2 },
  apply(input, _given, run) {
    if (isList(input) || typeof input === 'string') return input.length;
    if (typeof input === 'object' && input !== null) return Object.keys(input).length;
    return run.fail('wrong-type', `\`length\` of ${show(input)}`);
  },
};

export const textFilters: readonly FilterDefinition[] = [
  ...simpleFilters,
  ...affixes,
  center,
  containsFilter,
  indent,
  length,
  replace,
  reverse,
  split,
  title,
  truncate,
];
