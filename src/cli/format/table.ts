import { oneLine } from './text.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'right';
  /** Colours the padded text. */
  readonly paint?: (text: string) => string;
}

const GAP = '  ';
/** A value longer than this is cut: the whole is in `--json`. */
const CELL_MAX = 80;

/** Aligned columns under their titles; empty text for no rows. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => columns.map(({ value }) => cut(oneLine(value(row)))));
  const widths = columns.map(({ title }, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (texts: readonly string[], painted: boolean): string =>
    columns
      .map(({ align, paint }, column) => {
        const text = texts[column] ?? '';
        const width = widths[column] ?? 0;
        const padded = align === 'right' ? text.padStart(width) : text.padEnd(width);
        return painted && paint !== undefined ? paint(padded) : padded;
      })
      .join(GAP)
      .trimEnd();
  const titles = columns.map(({ title }) => title.toUpperCase());
  return [line(titles, false), ...cells.map((texts) => line(texts, true))].join('\n') + '\n';
}

function cut(text: string): string {
  return text.length <= CELL_MAX ? text : `${text.slice(0, CELL_MAX - 1)}…`;
}
