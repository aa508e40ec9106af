import { type Command, Option } from 'commander';
import type { Terminal } from '../terminal.ts';
import { type Column, formatTable } from './table.ts';
import { oneLine } from './text.ts';

/** `table` for people, `json` for programs (the API's own body), `name` for `xargs`. */
export type OutputFormat = 'table' | 'json' | 'name';

export interface OutputOptions {
  readonly output: OutputFormat;
  readonly json?: boolean;
}

/** Adds `-o` and `--json`. */
export function withOutput(command: Command): Command {
  const formats: readonly OutputFormat[] = ['table', 'json', 'name'];
  return command
    .addOption(
      new Option('-o, --output <format>', 'how results are printed')
        .choices(formats)
        .default('table'),
    )
    .option('--json', 'the same as --output json');
}

export function formatOf({ output, json }: OutputOptions): OutputFormat {
  return json === true ? 'json' : output;
}

export interface Listing<Row> {
  /** Printed for `json`. */
  readonly body: unknown;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What identifies a row. */
  readonly name: (row: Row) => string;
  /** Said on stderr when there is no row, to a person only. */
  readonly nothing: string;
  /** Where the next page begins; said on stderr, to a person only. */
  readonly cursor?: string | undefined;
}

export function printListing<Row>(
  terminal: Terminal,
  options: OutputOptions,
  { body, rows, columns, name, nothing, cursor }: Listing<Row>,
): void {
  switch (formatOf(options)) {
    case 'json':
      return printJson(terminal, body);
    case 'name':
      return terminal.out(rows.map((row) => `${name(row)}\n`).join(''));
    case 'table':
      if (rows.length === 0) terminal.error(`${nothing}\n`);
      else terminal.out(formatTable(rows, columns));
      if (cursor !== undefined) terminal.error(`More: --cursor ${oneLine(cursor)}\n`);
  }
}

export interface Shown {
  /** Printed for `json`. */
  readonly body: unknown;
  /** What identifies it. */
  readonly name: string;
  /** For people: whole lines. */
  readonly text: () => string;
}

/** One thing, where {@link printListing} has many. */
export function printOne(
  terminal: Terminal,
  options: OutputOptions,
  { body, name, text }: Shown,
): void {
  switch (formatOf(options)) {
    case 'json':
      return printJson(terminal, body);
    case 'name':
      return terminal.out(`${name}\n`);
    case 'table':
      return terminal.out(text());
  }
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}
