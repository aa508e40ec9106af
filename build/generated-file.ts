/**
 * A committed file that a program writes. Each module of build/generators/ exports a list of these as
 * its default; `npm run gen` writes them and `npm run verify` fails when one is stale.
 */
export interface GeneratedFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly file: string;
  /**
   * The whole new text, in any layout: Prettier formats it afterwards.
   * @param current - the committed text, for files of which only a part is generated
   */
  readonly content: (current: string | undefined) => string | Promise<string>;
}

/**
 * Replaces what stands between the marker lines `<!-- generated: name -->` and
 * `<!-- end of generated: name -->` of a Markdown file.
 * @throws Error when `text` lacks the markers, since there is no place to write to
 */
export function replaceSection(text: string | undefined, name: string, section: string): string {
  const start = `<!-- generated: ${name} -->`;
  const end = `<!-- end of generated: ${name} -->`;
  const [before, rest] = text?.split(start) ?? [];
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`no section to write to: put the lines "${start}" and "${end}" into the file`);
  }
  return `${before}${start}\n\n${section.trim()}\n\n${end}${after}`;
}
