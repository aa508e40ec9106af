import { limits } from '../model/limits.ts';

const utf8 = new TextEncoder();
const MORE = '…';

/** The start of a record's value for people to look at: at most `limits.previewBytes` of UTF-8. */
export function previewOf(value: string | null): string {
  const bytesMax = limits.previewBytes.value;
  if (value === null) return '';
  // A UTF-16 unit takes up to three bytes: short values need no counting.
  if (value.length * 3 <= bytesMax) return value;
  const buffer = new Uint8Array(bytesMax - utf8.encode(MORE).length);
  const { read } = utf8.encodeInto(value, buffer);
  if (read === value.length) return value;
  return value.slice(0, read) + MORE;
}
