import { limits } from '../model/limits.ts';

const utf8 = new TextEncoder();
const MORE = '…';

/** The start of a record's value for people to look at: at most `limits.previewBytes` of UTF-8. */
export function previewOf(value: string | null): string {
  const bytesMax = limits.previewBytes.value;
  if (value === null) return '';
  // A UTF-16 unit takes up to three bytes: short values need no counting.
  if (value.length * 3 <= bytesMax) return value;
  if (unitsThatFit(value, bytesMax) === value.length) return value;
  return value.slice(0, unitsThatFit(value, bytesMax - utf8.encode(MORE).length)) + MORE;
}

/** How much of the text fits into so many bytes of UTF-8, in UTF-16 units; no character is cut in two. */
function unitsThatFit(value: string, bytes: number): number {
  return utf8.encodeInto(value, new Uint8Array(bytes)).read;
}
