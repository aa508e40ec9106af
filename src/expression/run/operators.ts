/** Operators over values. None of them converts: what does not fit is an error that shows both sides. */
import { never } from '../../support/never.ts';
import type { Span } from '../problem.ts';
import type { BinaryOperator, Comparison } from '../syntax/tree.ts';
import { compare, equal } from '../values/compare.ts';
import { isList, isMap, kindOf, show } from '../values/kinds.ts';
import { toText } from '../values/text.ts';
import type { Runtime } from './runtime.ts';

export type Arithmetic = Exclude<BinaryOperator, 'and' | 'or' | '??'>;

export function applyBinary(
  operator: Arithmetic,
  left: unknown,
  right: unknown,
  span: Span,
  run: Runtime,
): unknown {
  if (typeof left === 'number' && typeof right === 'number') {
    const value = calculate(operator, left, right);
    if (value !== undefined) return finite(value, operator, span, run);
  }
  run.site = span;
  if (operator === '~') return concatenate(left, right, run);
  const first = run.settle(left);
  const second = run.settle(right);
  if (operator === 'in') return contains(second, first, run);
  if (operator === '+') {
    if (typeof first === 'string' && typeof second === 'string') return run.made(first + second);
    if (isList(first) && isList(second)) {
      run.charge(first.length + second.length);
      return [...first, ...second];
    }
  }
  if (
    typeof first === 'number' &&
    typeof second === 'number' &&
    (first !== left || second !== right)
  ) {
    return applyBinary(operator, first, second, span, run);
  }
  return failOperands(operator, first, second, run);
}

/** Undefined for an operator that is not arithmetic. */
function calculate(operator: Arithmetic, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '//':
      return Math.floor(left / right);
    case '%':
      // The sign of the right side, as in Jinja and Python: -1 % 7 is 6.
      return left - right * Math.floor(left / right);
    case '**':
      return left ** right;
    case '~':
    case 'in':
      return undefined;
    default:
      return never(operator);
  }
}

function finite(value: number, operator: string, span: Span, run: Runtime): number {
  if (Number.isFinite(value)) return value;
  return run.fail(
    'not-finite',
    `the result of \`${operator}\` is not a number that JSON has`,
    span,
  );
}

function concatenate(left: unknown, right: unknown, run: Runtime): string {
  return run.made(toText(left, run) + toText(right, run));
}

/** `needle in list`, `text in text`, `key in map`. */
export function contains(container: unknown, needle: unknown, run: Runtime): boolean {
  if (isList(container)) {
    run.charge(container.length);
    return container.some((item) => equal(item, needle, run));
  }
  if (typeof container === 'string' && typeof needle === 'string') {
    run.chargeText(container.length);
    return container.includes(needle);
  }
  if (isMap(container) && typeof needle === 'string') return Object.hasOwn(container, needle);
  const message = `${show(needle)} cannot be in ${kindOf(container)}: look in a list, a text in a text, a key in a map`;
  return run.fail('wrong-type', message);
}

function failOperands(operator: string, left: unknown, right: unknown, run: Runtime): never {
  const texts = operator === '+' && (typeof left === 'string' || typeof right === 'string');
  const hint = texts ? '; texts and numbers are joined by `~`' : '';
  return run.fail('wrong-type', `\`${operator}\` of ${show(left)} and ${show(right)}${hint}`);
}

export function applyComparison(
  operator: Comparison,
  left: unknown,
  right: unknown,
  span: Span,
  run: Runtime,
): boolean {
  run.site = span;
  switch (operator) {
    case '==':
      return equal(left, right, run);
    case '!=':
      return !equal(left, right, run);
    case '<':
      return compare(left, right, run) < 0;
    case '<=':
      return compare(left, right, run) <= 0;
    case '>':
      return compare(left, right, run) > 0;
    case '>=':
      return compare(left, right, run) >= 0;
    default:
      return never(operator);
  }
}

export function applySign(operator: '-' | '+', value: unknown, span: Span, run: Runtime): number {
  run.site = span;
  const settled = run.settle(value);
  if (typeof settled !== 'number') {
    return run.fail('wrong-type', `\`${operator}\` of ${show(settled)}`);
  }
  return operator === '-' ? -settled : settled;
}
