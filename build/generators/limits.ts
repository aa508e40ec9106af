/** docs/limits.md: every limit with its unit, from src/model/limits.ts. */
import { type Limit, limits } from '../../src/model/limits.ts';
import { formatDuration } from '../../src/support/duration.ts';
import type { GeneratedFile } from '../generated-file.ts';

const INTRODUCTION = `# Limits

Every queue, cache, loop, window and payload has a limit. What happens at each stands beside it: a clear
error, or back-pressure. This page is generated from \`src/model/limits.ts\`.`;

const KIB = 1024;
const MIB = KIB * KIB;

function amount({ value, unit }: Limit): string {
  if (unit === 'ms') return formatDuration(value);
  if (unit !== 'bytes') return `${value.toLocaleString('en')} ${unit}`;
  if (value % MIB === 0) return `${value / MIB} MiB`;
  return value % KIB === 0 ? `${value / KIB} KiB` : `${value} bytes`;
}

function row([name, limit]: readonly [string, Limit]): string {
  return `| \`${name}\` | ${amount(limit)} | ${limit.meaning.replaceAll('|', String.raw`\|`)} |`;
}

const table = (): string =>
  [
    '| limit | value | what happens |',
    '|---|---|---|',
    ...Object.entries<Limit>(limits).map(row),
  ].join('\n');

const generated: readonly GeneratedFile[] = [
  { file: 'docs/limits.md', content: () => `${INTRODUCTION}\n\n${table()}\n` },
];
export default generated;
