/** The tables of docs/expressions.md: words and limits of the expression language, from their definitions. */
import type { Example, Parameter } from '../../src/expression/definition.ts';
import { filterDefinitions } from '../../src/expression/filters/registry.ts';
import { functionDefinitions } from '../../src/expression/functions/registry.ts';
import { expressionLimits } from '../../src/expression/limits.ts';
import { testDefinitions } from '../../src/expression/tests/registry.ts';
import { type GeneratedFile, replaceSection } from '../generated-file.ts';

interface Word {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly summary: string;
  readonly example?: Example;
}

/** A bar would end the cell, in code too. */
const inCell = (text: string): string => text.replaceAll('|', String.raw`\|`);

const code = (text: string): string => `\`${inCell(text).replaceAll('\n', String.raw`\n`)}\``;

function signature({ name, parameters }: Word, brackets: boolean): string {
  const shown = parameters.map((parameter) => parameter.name + (parameter.required ? '' : '?'));
  return shown.length === 0 && !brackets ? name : `${name}(${shown.join(', ')})`;
}

function wordTable(kind: string, words: Iterable<Word>, brackets = false): string {
  const sorted = [...words].sort((left, right) => left.name.localeCompare(right.name, 'en'));
  const rows = sorted.map((word) => {
    const { summary, example } = word;
    const shown =
      example === undefined
        ? ''
        : `${code(example.template)} → ${code(JSON.stringify(example.gives))}`;
    return `| ${code(signature(word, brackets))} | ${inCell(summary)} | ${shown} |`;
  });
  return [`| ${kind} | what it gives | example |`, '|---|---|---|', ...rows].join('\n');
}

function limitTable(): string {
  const rows = Object.entries(expressionLimits).map(
    ([name, { value, unit, meaning }]) =>
      `| \`${name}\` | ${value.toLocaleString('en')} ${unit} | ${inCell(meaning)} |`,
  );
  return ['| limit | value | what it holds |', '|---|---|---|', ...rows].join('\n');
}

const tables: Readonly<Record<string, () => string>> = {
  filters: () => wordTable('filter', filterDefinitions.values()),
  functions: () => wordTable('function', functionDefinitions.values(), true),
  tests: () => wordTable('test', testDefinitions.values()),
  limits: limitTable,
};

/** The guide around the tables is written by hand. */
function withTables(guide: string | undefined): string {
  return Object.entries(tables).reduce(
    (text, [name, table]) => replaceSection(text, name, table()),
    guide ?? '',
  );
}

const generated: readonly GeneratedFile[] = [{ file: 'docs/expressions.md', content: withTables }];
export default generated;
