/** Equality and order of plain data, without any conversion: `1` and `'1'` are different. */
import { isReference } from '../../model/reference.ts';
import { expressionLimits } from '../limits.ts';
import type { Runtime } from '../run/runtime.ts';
import { isMap, show } from './kinds.ts';
import { toJson } from './text.ts';

/** Comparing is quicker than most of what counts as one operation. */
const COMPARISON = 0.2;
const CHARACTERS_AN_OPERATION = 64;

function comparing(characters: number): number {
  return COMPARISON + characters / CHARACTERS_AN_OPERATION;
}

/** Deep equality. Lists are equal in order, maps whatever the order of their keys. */
export function equal(left: unknown, right: unknown, run: Runtime, depth = 0): boolean {
  if (left === right) {
    run.charge(typeof left === 'string' ? comparing(left.length) : COMPARISON);
    return true;
  }
  if (typeof left === 'string' && typeof right === 'string') {
    run.charge(left.length === right.length ? comparing(left.length) : COMPARISON);
    return false;
  }
  run.charge(COMPARISON);
  if (typeof left !== 'object' || typeof right !== 'object')
    return isEqualSettled(left, right, run);
  if (left === null || right === null) return false;
  if (depth > expressionLimits.valueDepth.value) {
    run.fail('too-deep', `data nested deeper than ${expressionLimits.valueDepth.value} levels`);
  }
  if (isReference(left) || isReference(right)) {
    return equal(run.settle(left), run.settle(right), run, depth + 1);
  }
  if (Array.isArray(left) || Array.isArray(right)) {
    return Array.isArray(left) && Array.isArray(right) && equalLists(left, right, run, depth);
  }
  return isMap(left) && isMap(right) && equalMaps(left, right, run, depth);
}

/** One side is no object: a reference on the other may stand for an equal text or number. */
function isEqualSettled(left: unknown, right: unknown, run: Runtime): boolean {
  if (!isReference(left) && !isReference(right)) return false;
  return equal(run.settle(left), run.settle(right), run, 1);
}

function equalLists(
  left: readonly unknown[],
  right: readonly unknown[],
  run: Runtime,
  depth: number,
): boolean {
  if (left.length !== right.length) return false;
  return left.every((item, index) => equal(item, right[index], run, depth + 1));
}

function equalMaps(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
  run: Runtime,
  depth: number,
): boolean {
  const keys = Object.keys(left);
  run.charge(keys.length);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every(
    (key) => Object.hasOwn(right, key) && equal(left[key], right[key], run, depth + 1),
  );
}

/** Negative, zero or positive. Two numbers, or two texts by code units; anything else has no order. */
export function compare(left: unknown, right: unknown, run: Runtime): number {
  const first = run.settle(left);
  const second = run.settle(right);
  if (typeof first === 'number' && typeof second === 'number') {
    run.charge(COMPARISON);
    return first - second;
  }
  if (typeof first === 'string' && typeof second === 'string') {
    run.charge(comparing(Math.min(first.length, second.length)));
    if (first === second) return 0;
    return first < second ? -1 : 1;
  }
  const message = `${show(first)} and ${show(second)} have no order: compare two numbers or two texts`;
  return run.fail('wrong-type', message);
}

/** A text that is the same for equal values, and only for those: the key of groups and sets. */
export function identityOf(value: unknown, run: Runtime): string {
  const settled = run.settle(value);
  if (typeof settled === 'string') {
    run.chargeText(settled.length);
    return `t${settled}`;
  }
  if (typeof settled !== 'object' || settled === null) return `p${String(settled)}`;
  return `j${toJson(sorted(settled, run, 0), run)}`;
}

function sorted(value: unknown, run: Runtime, depth: number): unknown {
  run.charge(1);
  if (depth > expressionLimits.valueDepth.value) {
    run.fail('too-deep', `data nested deeper than ${expressionLimits.valueDepth.value} levels`);
  }
  const settled = run.settle(value);
  if (Array.isArray(settled)) return settled.map((item) => sorted(item, run, depth + 1));
  if (!isMap(settled)) return settled;
  // Pairs, since integer-like keys of a map have an order of their own; wrapped, since a list is no map.
  const keys = Object.keys(settled).sort();
  return { pairs: keys.map((key) => [key, sorted(settled[key], run, depth + 1)]) };
}
