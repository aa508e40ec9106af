/** Sizes without writing JSON: enough for budgets, which need no exact figure. */

const NUMBER_CHARACTERS = 8;

/** About how many characters the value takes as JSON. */
export function estimateBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2;
    case 'number':
      return NUMBER_CHARACTERS;
    case 'object':
      return estimateObject(value);
    default:
      return 5;
  }
}

function estimateObject(value: object | null): number {
  if (value === null) return 4;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += estimateBytes(item) + 1;
    return bytes;
  }
  // Plain data has own keys only; `for in` makes no list of them.
  for (const key in value) {
    bytes += key.length + 4 + estimateBytes((value as Record<string, unknown>)[key]);
  }
  return bytes;
}

const utf8 = new TextEncoder();
/** A character is at most so many bytes as JSON (`\u0000`). */
const BYTES_A_CHARACTER = 6;

/** Below this estimate a value is small even if each of its characters takes six bytes. */
const SMALL = 2_048;

/** The size as JSON in UTF-8: exact where it is not small. */
export function jsonBytes(value: unknown): number {
  const estimate = estimateBytes(value);
  return estimate <= SMALL ? estimate : exactBytes(value);
}

/** The size as JSON in UTF-8, also of what is small: for what is added up. */
export function exactBytes(value: unknown): number {
  return utf8.encode(JSON.stringify(value)).length;
}

/** Whether the value as JSON is larger than `bytesMax`; exact, and cheap for what is far below. */
export function isLargerThan(value: unknown, bytesMax: number): boolean {
  const estimate = estimateBytes(value);
  if (estimate * BYTES_A_CHARACTER <= bytesMax) return false;
  return exactBytes(value) > bytesMax;
}
