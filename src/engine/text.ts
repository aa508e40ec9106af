const utf8 = new TextEncoder();
const decoder = new TextDecoder();

/** The text, or its beginning with a word about what was cut, in at most `bytesMax` bytes of UTF-8. */
export function cutText(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text;
  const bytes = utf8.encode(text);
  if (bytes.length <= bytesMax) return text;
  const note = ` … (cut: ${bytes.length} bytes)`;
  // A character that is cut in two decodes to U+FFFD.
  const kept = decoder.decode(bytes.subarray(0, bytesMax - utf8.encode(note).length));
  return kept.replace(/\uFFFD$/, '') + note;
}
