import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './measure.ts';

const columns: readonly { readonly title: string; value(row: Measurement): string }[] = [
  { title: 'case', value: (row) => row.case },
  { title: 'log', value: (row) => row.log },
  {
    title: 'load',
    value: (row) => (row.rate === null ? `${row.inFlight ?? 0} in flight` : `${row.rate}/s`),
  },
  { title: 'exec/s', value: (row) => row.throughput.toFixed(0) },
  { title: 'p50 ms', value: (row) => row.p50.toFixed(2) },
  { title: 'p95 ms', value: (row) => row.p95.toFixed(2) },
  { title: 'p99 ms', value: (row) => row.p99.toFixed(2) },
  { title: 'CPU ms/exec', value: (row) => cpuText(row) },
  { title: 'records/exec', value: (row) => String(row.recordsPerExecution ?? '–') },
  { title: 'failed', value: (row) => String(row.failed) },
];

function cpuText(row: Measurement): string {
  const parts = Object.entries(row.cpuMsPerExecutionByProcess);
  const total = row.cpuMsPerExecution.toFixed(3);
  if (parts.length < 2) return total;
  return `${total} (${parts.map(([name, value]) => `${name} ${value.toFixed(3)}`).join(', ')})`;
}

/** A Markdown table of measurements. */
export function tableOf(rows: readonly Measurement[]): string {
  const cells = [
    columns.map(({ title }) => title),
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((column) => column.value(row))),
  ];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

const report = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
const begin = '<!-- measurements: written by `npm run bench -- … --write` -->';
const end = '<!-- end of measurements -->';

/** Puts the rows into docs/benchmarks.md: a row of the same case, log and load replaces the older one. */
export async function writeReport(rows: readonly Measurement[]): Promise<void> {
  const text = await readFile(report, 'utf8');
  const [head = '', rest = ''] = text.split(begin);
  const [middle = '', tail = ''] = rest.split(end);
  const key = (line: string): string => line.split('|').slice(1, 4).join('|');
  const fresh = tableOf(rows).split('\n');
  const body = fresh.slice(2).map((line) => `${line.slice(0, -2)} | ${commit()} |`);
  const known = middle
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
  const kept = known.filter((line) => !body.some((newer) => key(newer) === key(line)));
  const lines = [...kept, ...body].sort((a, b) => key(a).localeCompare(key(b)));
  const header = [
    `${(fresh[0] ?? '').slice(0, -2)} | commit |`,
    `${(fresh[1] ?? '').slice(0, -2)} | --- |`,
  ];
  const machine = `Measured on ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}.`;
  const block = [machine, '', ...header, ...lines].join('\n');
  await writeFile(report, `${head}${begin}\n\n${block}\n\n${end}${tail}`);
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}
