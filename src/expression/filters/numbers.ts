import { type FilterDefinition, parameters } from '../definition.ts';
import type { Runtime } from '../run/runtime.ts';
import { countOr, expectInteger, expectNumber, textOr } from '../values/expect.ts';

/** More decimals than this a double does not have. */
const DIGITS_MAX = 15;

const abs: FilterDefinition = {
  name: 'abs',
  parameters: [],
  summary: 'The number without its sign.',
  example: { template: '<< -3 | abs >>', gives: 3 },
  apply: (input, _given, run) => Math.abs(expectNumber(input, 'the input of `abs`', run)),
};

type Rounding = (value: number) => number;

const ROUNDINGS: ReadonlyMap<string, Rounding> = new Map<string, Rounding>([
  // Halves go away from zero, as on paper; Math.round sends -2.5 to -2.
  ['common', (value) => Math.sign(value) * Math.round(Math.abs(value))],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
]);

const round: FilterDefinition = {
  name: 'round',
  parameters: parameters('digits?', 'method?'),
  summary: 'Rounded to `digits` (default 0) decimals; `method` is `common`, `floor` or `ceil`.',
  example: { template: '<< 2.345 | round(2) >>', gives: 2.35 },
  apply(input, [digits, method], run) {
    const value = expectNumber(input, 'the input of `round`', run);
    const name = textOr(method, 'common', '`method`', run);
    const rounding = ROUNDINGS.get(name);
    if (rounding === undefined) {
      return run.fail('bad-argument', '`method` is `common`, `floor` or `ceil`');
    }
    return roundTo(value, digitsOf(digits, 0, run), rounding);
  },
};

/** Moves the point in the decimal text, since `1.005 * 100` is 100.49999999999999. */
function roundTo(value: number, digits: number, rounding: Rounding): number {
  const text = String(value);
  if (text.includes('e')) return rounding(value * 10 ** digits) / 10 ** digits;
  return Number(`${rounding(Number(`${text}e${digits}`))}e${-digits}`);
}

function digitsOf(value: unknown, fallback: number, run: Runtime): number {
  const digits = value === undefined ? fallback : expectInteger(value, '`digits`', run);
  if (digits >= 0 && digits <= DIGITS_MAX) return digits;
  return run.fail('bad-argument', `\`digits\` is from 0 to ${DIGITS_MAX}`);
}

const numberFormat: FilterDefinition = {
  name: 'numberFormat',
  parameters: parameters('digits?', 'thousands?', 'decimal?'),
  summary:
    'The number as text with `digits` (default 0) decimals, `thousands` (default `,`) between groups of three, and `decimal` (default `.`).',
  example: { template: '<< 1234567.891 | numberFormat(2) >>', gives: '1,234,567.89' },
  apply(input, [digits, thousands, decimal], run) {
    const value = expectNumber(input, 'the input of `numberFormat`', run);
    const places = countOr(digitsOf(digits, 0, run), 0, '`digits`', run);
    const common = ROUNDINGS.get('common') ?? Math.round;
    const [whole = '0', fraction] = roundTo(Math.abs(value), places, common)
      .toFixed(places)
      .split('.');
    const separator = textOr(thousands, ',', '`thousands`', run);
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, () => separator);
    const point = textOr(decimal, '.', '`decimal`', run);
    const number = fraction === undefined ? grouped : grouped + point + fraction;
    return run.made(value < 0 && /[1-9]/.test(number) ? `-${number}` : number);
  },
};

export const numberFilters: readonly FilterDefinition[] = [abs, numberFormat, round];
