import { parameters, type TestDefinition } from '../definition.ts';
import { contains } from '../run/operators.ts';
import { compare, equal } from '../values/compare.ts';
import { expectInteger, expectText, expectTextual } from '../values/expect.ts';
import { isList, isMap, show } from '../values/kinds.ts';
import { checkPattern, matchesPattern } from '../values/regex.ts';

type Holds = TestDefinition['holds'];

function test(name: string, summary: string, template: string, holds: Holds): TestDefinition {
  return { name, parameters: [], summary, example: { template, gives: true }, holds };
}

function testWith(
  name: string,
  parameter: string,
  summary: string,
  template: string,
  holds: Holds,
): TestDefinition {
  return { ...test(name, summary, template, holds), parameters: parameters(parameter) };
}

const presence: readonly TestDefinition[] = [
  {
    ...test(
      'defined',
      'There is such a value; it may be null.',
      '<< null is defined >>',
      (value) => value !== undefined,
    ),
    lenient: true,
  },
  {
    ...test(
      'undefined',
      'There is no such value.',
      '<< inputs.absent is undefined >>',
      (value) => value === undefined,
    ),
    lenient: true,
  },
  test('null', 'Null.', '<< null is null >>', (value) => value === null),
  test('none', 'Null.', '<< null is none >>', (value) => value === null),
  test(
    'empty',
    'Null, or a text, list or map with nothing in it.',
    '<< [] is empty >>',
    (value, _given, run) => {
      if (value === null || value === '') return true;
      if (typeof value === 'string') return false;
      if (isList(value)) return value.length === 0;
      if (isMap(value)) return Object.keys(value).length === 0;
      return run.fail('wrong-type', `\`is empty\` of ${show(value)}`);
    },
  ),
];

const kinds: readonly TestDefinition[] = [
  test('string', 'Text.', "<< 'a' is string >>", (value) => typeof value === 'string'),
  test('number', 'A number.', '<< 1.5 is number >>', (value) => typeof value === 'number'),
  test('integer', 'A whole number.', '<< 2 is integer >>', (value) => Number.isInteger(value)),
  test(
    'boolean',
    'True or false.',
    '<< false is boolean >>',
    (value) => typeof value === 'boolean',
  ),
  test('true', 'The boolean true.', '<< (1 == 1) is true >>', (value) => value === true),
  test('false', 'The boolean false.', '<< (1 == 2) is false >>', (value) => value === false),
  test('list', 'A list.', '<< [1] is list >>', isList),
  test('map', 'A map.', '<< {a: 1} is map >>', isMap),
  test('iterable', 'A list or a map: `for` can go through it.', '<< [] is iterable >>', (value) => {
    return isList(value) || isMap(value);
  }),
];

const numbers: readonly TestDefinition[] = [
  test('even', 'An even whole number.', '<< 4 is even >>', (value, _given, run) => {
    return expectInteger(value, 'the value of `is even`', run) % 2 === 0;
  }),
  test('odd', 'An odd whole number.', '<< 3 is odd >>', (value, _given, run) => {
    return expectInteger(value, 'the value of `is odd`', run) % 2 !== 0;
  }),
  testWith(
    'divisibleby',
    'number',
    'A whole number that `number` divides.',
    '<< 9 is divisibleby(3) >>',
    (value, [divisor], run) => {
      const number = expectInteger(value, 'the value of `is divisibleby`', run);
      return number % expectInteger(divisor, '`number`', run) === 0;
    },
  ),
];

const comparisons: readonly TestDefinition[] = [
  testWith('eq', 'other', 'Equal, as by `==`.', '<< 1 is eq(1) >>', (value, [other], run) => {
    return equal(value, other, run);
  }),
  testWith('equalto', 'other', 'As `eq`.', "<< 'a' is equalto('a') >>", (value, [other], run) => {
    return equal(value, other, run);
  }),
  testWith('ne', 'other', 'Not equal.', "<< 1 is ne('1') >>", (value, [other], run) => {
    return !equal(value, other, run);
  }),
  testWith('lt', 'other', 'Less.', '<< 1 is lt(2) >>', (value, [other], run) => {
    return compare(value, other, run) < 0;
  }),
  testWith('le', 'other', 'Less or equal.', '<< 2 is le(2) >>', (value, [other], run) => {
    return compare(value, other, run) <= 0;
  }),
  testWith('gt', 'other', 'Greater.', '<< 2 is gt(1) >>', (value, [other], run) => {
    return compare(value, other, run) > 0;
  }),
  testWith('ge', 'other', 'Greater or equal.', '<< 2 is ge(2) >>', (value, [other], run) => {
    return compare(value, other, run) >= 0;
  }),
];

const parts: readonly TestDefinition[] = [
  testWith(
    'in',
    'container',
    'An element of the list, a part of the text, or a key of the map.',
    "<< 'a' is in(['a', 'b']) >>",
    (value, [container], run) => contains(container, value, run),
  ),
  testWith(
    'containing',
    'part',
    'A list, text or map with `part` in it.',
    "<< 'abc' is containing('b') >>",
    (value, [part], run) => contains(value, part, run),
  ),
  testWith(
    'startingwith',
    'prefix',
    'Text that begins with `prefix`.',
    "<< 'abc' is startingwith('a') >>",
    (value, [prefix], run) =>
      expectTextual(value, 'the value of `is startingwith`', run).startsWith(
        expectText(prefix, '`prefix`', run),
      ),
  ),
  testWith(
    'endingwith',
    'suffix',
    'Text that ends with `suffix`.',
    "<< 'abc' is endingwith('c') >>",
    (value, [suffix], run) =>
      expectTextual(value, 'the value of `is endingwith`', run).endsWith(
        expectText(suffix, '`suffix`', run),
      ),
  ),
  {
    ...testWith(
      'matching',
      'pattern',
      'Text in which the regular expression is found.',
      "<< 'abc' is matching('^a') >>",
      (value, [pattern], run) => {
        const text = expectTextual(value, 'the value of `is matching`', run);
        return matchesPattern(text, expectText(pattern, '`pattern`', run), false, run);
      },
    ),
    check: ([pattern]) => checkPattern(pattern),
  },
];

/** Every test of `is` by its name. */
export const testDefinitions: ReadonlyMap<string, TestDefinition> = new Map(
  [...presence, ...kinds, ...numbers, ...comparisons, ...parts].map((definition) => [
    definition.name,
    definition,
  ]),
);
