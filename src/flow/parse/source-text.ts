import type { Range } from '../diagnostic.ts';

/** Offsets in a text, in UTF-16 code units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** How much of a long line is worth showing. */
const EXCERPT_CHARACTERS = 4_000;

/** A file's text with its lines, so that offsets become lines and columns. */
export class SourceText {
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      starts.push(at + 1);
    }
    this.#lineStarts = starts;
  }

  /** The range of a span, kept inside the text. Lines and columns count from 1. */
  rangeOf({ start, end }: Span): Range {
    const from = this.#placeOf(start);
    const to = this.#placeOf(Math.max(start, end));
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }

  /** The line that an offset is in, without its end. */
  lineAt(offset: number): Span {
    const { line } = this.#placeOf(offset);
    const start = this.#lineStarts[line - 1] ?? 0;
    const next = this.#lineStarts[line];
    const end = next === undefined ? this.text.length : next - 1;
    return { start, end: this.text[end - 1] === '\r' && end > start ? end - 1 : end };
  }

  /** The text of that line, cut where it is very long. */
  excerptAt(offset: number): string {
    const { start, end } = this.lineAt(offset);
    return this.text.slice(start, Math.min(end, start + EXCERPT_CHARACTERS));
  }

  #placeOf(offset: number): { line: number; column: number } {
    const inside = Math.min(Math.max(offset, 0), this.text.length);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - (this.#lineStarts[low] ?? 0) + 1 };
  }
}
