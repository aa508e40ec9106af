import { parseExactJson } from '../../model/exact-json.ts';
import { holdsReservedKey } from '../../model/foreign-json.ts';
import { referenceMarker } from '../../model/reference.ts';
import { type FilterDefinition, parameters } from '../definition.ts';
import type { Runtime } from '../run/runtime.ts';
import { conditionOf } from '../values/boolean.ts';
import { countOr, expectText } from '../values/expect.ts';
import { show } from '../values/kinds.ts';
import { toJson, toText } from '../values/text.ts';

/** JSON text is short work for the parser, but each part of it becomes an object. */
const JSON_CHARACTERS_AN_OPERATION = 16;

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;

const string: FilterDefinition = {
  name: 'string',
  parameters: [],
  summary: 'The value as a mixed template writes it: null is empty, lists and maps are JSON.',
  example: { template: '<< 5 | string >>', gives: '5' },
  apply: (input, _given, run) => toText(input, run),
};

const json: FilterDefinition = {
  name: 'json',
  parameters: parameters('indent?'),
  summary: 'The value as JSON text, in one line, or with `indent` (up to 10) spaces a level.',
  example: { template: '<< {a: [1, null]} | json >>', gives: '{"a":[1,null]}' },
  apply(input, [indent], run) {
    const width = countOr(indent, 0, '`indent`', run);
    if (width > 10) return run.fail('bad-argument', '`indent` is at most 10');
    return toJson(input, run, width);
  },
};

const fromJson: FilterDefinition = {
  name: 'fromJson',
  parameters: [],
  summary: 'The value that a JSON text stands for.',
  example: { template: `<< '{"a": 1}' | fromJson >>`, gives: { a: 1 } },
  apply(input, _given, run) {
    const text = expectText(input, 'the input of `fromJson`', run);
    run.charge(1 + Math.floor(text.length / JSON_CHARACTERS_AN_OPERATION));
    return parseJson(text, run);
  },
};

/** `JSON.parse` makes `__proto__` an own property, so the result is plain data whatever the text says. */
function parseJson(text: string, run: Runtime): unknown {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'no JSON';
    return run.fail('bad-json', reason, run.site, error);
  }
  // Text comes from anybody, and would make us read a value that its writer never had.
  if (!holdsReservedKey(text, value)) return value;
  return run.fail('bad-json', `the key \`${referenceMarker}\` is reserved`, run.site);
}

const int: FilterDefinition = {
  name: 'int',
  parameters: parameters('default?'),
  summary: 'A whole number: of a number its part before the point, of a text its digits.',
  example: { template: "<< '42' | int >>", gives: 42 },
  apply: (input, [fallback], run) => numberOf(input, INTEGER, Math.trunc, 'int', run, fallback),
};

const float: FilterDefinition = {
  name: 'float',
  parameters: parameters('default?'),
  summary: 'A number, read from text if it is one.',
  example: { template: "<< '2.50' | float >>", gives: 2.5 },
  apply: (input, [fallback], run) =>
    numberOf(input, DECIMAL, (value) => value, 'float', run, fallback),
};

function numberOf(
  input: unknown,
  form: RegExp,
  change: (value: number) => number,
  name: string,
  run: Runtime,
  fallback?: unknown,
): unknown {
  if (typeof input === 'number') return change(input);
  if (typeof input === 'string') {
    run.chargeText(input.length);
    const text = input.trim();
    const value = form.test(text) ? Number(text) : Number.NaN;
    const exact = form !== INTEGER || Number.isSafeInteger(value);
    if (Number.isFinite(value) && exact) return change(value);
  }
  return fallback ?? run.fail('wrong-type', `\`${name}\` of ${show(input)}`);
}

const bool: FilterDefinition = {
  name: 'bool',
  parameters: [],
  summary: 'A boolean: of `true`, `false` and these two as text.',
  example: { template: "<< 'true' | bool >>", gives: true },
  apply: (input, _given, run) => conditionOf(input, run),
};

const defaultFilter: FilterDefinition = {
  name: 'default',
  parameters: parameters('value'),
  summary: 'The value, or `value` when it is missing or null: the same as `??`.',
  example: { template: "<< inputs.absent | default('none') >>", gives: 'none' },
  lenient: true,
  // The input is handed on whole, so a reference stays one.
  apply: (input, [value]) => input ?? value,
};

export const convertFilters: readonly FilterDefinition[] = [
  bool,
  defaultFilter,
  float,
  fromJson,
  int,
  json,
  string,
];
