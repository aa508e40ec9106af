/** Reads arguments of filters, functions and tests as what they have to be, or fails and says what they are. */
import type { Runtime } from '../run/runtime.ts';
import { isList, isMap, type PlainMap, show } from './kinds.ts';

export function expectText(value: unknown, what: string, run: Runtime): string {
  if (typeof value === 'string') return value;
  return wrong(value, what, 'text', run);
}

/** Text, or a number as text: for what is often an id. */
export function expectTextual(value: unknown, what: string, run: Runtime): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return wrong(value, what, 'text', run);
}

export function expectNumber(value: unknown, what: string, run: Runtime): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return wrong(value, what, 'a number', run);
}

export function expectInteger(value: unknown, what: string, run: Runtime): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  return wrong(value, what, 'a whole number', run);
}

/** A whole number from 0, or what it is when not given. */
export function countOr(value: unknown, fallback: number, what: string, run: Runtime): number {
  const count = value === undefined ? fallback : expectInteger(value, what, run);
  return count >= 0 ? count : wrong(value, what, 'a whole number from 0', run);
}

export function expectBoolean(
  value: unknown,
  fallback: boolean,
  what: string,
  run: Runtime,
): boolean {
  if (value === undefined) return fallback;
  return typeof value === 'boolean' ? value : wrong(value, what, 'true or false', run);
}

export function textOr(value: unknown, fallback: string, what: string, run: Runtime): string {
  return value === undefined ? fallback : expectText(value, what, run);
}

/** A list, whose length is taken from the budget. */
export function expectList(value: unknown, what: string, run: Runtime): readonly unknown[] {
  if (!isList(value)) return wrong(value, what, 'a list', run);
  run.charge(value.length);
  return value;
}

/** A map, whose size is taken from the budget. */
export function expectMap(value: unknown, what: string, run: Runtime): PlainMap {
  if (!isMap(value)) return wrong(value, what, 'a map', run);
  run.charge(Object.keys(value).length);
  return value;
}

function wrong(value: unknown, what: string, expected: string, run: Runtime): never {
  return run.fail('wrong-type', `${what} is ${expected}, and this is ${show(value)}`);
}
