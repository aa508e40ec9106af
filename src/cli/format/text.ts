/** Text from outside as a terminal may show it: what could steer the terminal is shown as an escape (S11). */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => {
    if (character === '\n' || character === '\t') return character;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** The same, on one line. */
export function oneLine(text: string): string {
  return printable(text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('\t', ' '));
}

/** `2026-01-31 01:59:00.123` in UTC; empty for none. */
export function timeText(iso: string | null | undefined): string {
  return typeof iso === 'string' ? iso.replace('T', ' ').replace('Z', '') : '';
}

/** A path as a person would type it from the working folder. */
export function shortPath(path: string, folder: string): string {
  if (path === folder) return '.';
  return path.startsWith(`${folder}/`) ? `./${path.slice(folder.length + 1)}` : path;
}

/** `1 file`, `3 files`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
