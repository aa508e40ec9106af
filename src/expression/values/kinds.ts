/** Plain data and its names: the six kinds of JSON, and references to values kept elsewhere. */
import { isReference } from '../../model/reference.ts';

export type PlainMap = Readonly<Record<string, unknown>>;

const SHOWN_CHARACTERS = 60;
const SHOWN_KEYS = 5;

/** True for `{}`-like data. Instances of classes are not data, whatever they carry. */
export function isMap(value: unknown): value is PlainMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The kind of a value, as messages call it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'a boolean';
    case 'object':
      if (isReference(value)) return 'a reference';
      if (Array.isArray(value)) return 'a list';
      return isMap(value) ? 'a map' : 'not plain data';
    default:
      return 'not plain data';
  }
}

/** A value for a message: short, whatever its size, and without walking into it. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > SHOWN_CHARACTERS;
    return `text ${JSON.stringify(cut ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value)}`;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isList(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (!isMap(value) || isReference(value)) return kindOf(value);
  const keys = Object.keys(value);
  const shown = keys.slice(0, SHOWN_KEYS).map((key) => key.slice(0, SHOWN_CHARACTERS));
  return `a map {${shown.join(', ')}${keys.length > SHOWN_KEYS ? ', …' : ''}}`;
}

/**
 * Sets an own property, whatever its name: assigning to `__proto__` would change the prototype instead.
 */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    target[key] = value;
  }
}

/** An own property of plain data, the length of a list or a text, or undefined. Never anything else. */
export function memberOf(target: unknown, key: string): unknown {
  if (typeof target === 'object' && target !== null) {
    if (Array.isArray(target)) return key === 'length' ? target.length : undefined;
    if (!Object.hasOwn(target, key) || !isMap(target)) return undefined;
    const value = target[key];
    return typeof value === 'function' ? undefined : value;
  }
  return typeof target === 'string' && key === 'length' ? target.length : undefined;
}

/** An element of a list by its index, or undefined. */
export function elementOf(target: readonly unknown[], index: number): unknown {
  if (!Number.isInteger(index) || index < 0 || index >= target.length) return undefined;
  // An own element, not one of a prototype: a list may have holes.
  const value = Object.hasOwn(target, index) ? target[index] : undefined;
  return typeof value === 'function' ? undefined : value;
}
