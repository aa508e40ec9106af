/** `npm run bench -- CASE [options]`: starts the product, loads it, prints a table. See docs/benchmarks.md. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type BenchCase, cases } from './cases.ts';
import { measure, type Measurement } from './measure.ts';
import { tableOf, writeReport } from './table.ts';
import { type LogKind, startTarget } from './target.ts';

interface Options {
  readonly log: LogKind;
  readonly inFlight: readonly number[];
  readonly rate?: number;
  readonly seconds: number;
  readonly json?: boolean;
  readonly write?: boolean;
  readonly cpuProf?: string;
}

const program = new Command('bench')
  .description('Measures Millrace under load; nothing else should run on the machine meanwhile.')
  .argument('<case>', `one of: ${cases.map(({ name }) => name).join(', ')}`)
  .addOption(new Option('--log <kind>').choices(['embedded', 'kafka']).default('embedded'))
  .option(
    '--in-flight <n,…>',
    'closed loop: requests in flight, one measurement each',
    numbers,
    [1, 64],
  )
  .option('--rate <n>', 'open loop: starts per second', positive)
  .option('--seconds <n>', 'how long each measurement takes', positive, 15)
  .option('--json', 'print one JSON object last (of the last measurement)')
  .option('--write', 'update docs/benchmarks.md')
  .option('--cpu-prof <folder>', "write a CPU profile of Millrace's process")
  .action(async (name: string, options: Options) => {
    const benchCase = cases.find((candidate) => candidate.name === name);
    if (benchCase === undefined) {
      return program.error(
        `unknown case ${name}; known: ${cases.map((known) => known.name).join(', ')}`,
      );
    }
    return run(benchCase, options);
  });

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0');
  return value;
}

function numbers(text: string): readonly number[] {
  return text.split(',').map(positive);
}

async function run(benchCase: BenchCase, options: Options): Promise<void> {
  const { cpuProf } = options;
  if (cpuProf !== undefined) await mkdir(cpuProf, { recursive: true });
  const target = await startTarget({
    log: options.log,
    ...(cpuProf === undefined ? {} : { profileFolder: path.resolve(cpuProf) }),
  });
  const rows: Measurement[] = [];
  try {
    const loads =
      options.rate === undefined
        ? options.inFlight.map((inFlight) => ({ inFlight }))
        : [{ inFlight: 64, rate: options.rate }];
    for (const load of loads) {
      rows.push(
        await measure(target, benchCase, { log: options.log, seconds: options.seconds, ...load }),
      );
    }
  } finally {
    await target.stop();
  }
  console.log(`${benchCase.name}: ${benchCase.description}\n\n${tableOf(rows)}\n`);
  for (const { inFlight, p50, cpuMsPerExecution } of rows) {
    const [time, cpu] = [p50, cpuMsPerExecution].map((ms) => (ms * 1_000) / benchCase.tasks);
    const load = inFlight === null ? '' : `${inFlight} in flight: `;
    console.log(`${load}${time?.toFixed(1)} µs a task (p50), ${cpu?.toFixed(1)} µs of CPU`);
  }
  for (const { failure } of rows) if (failure !== null) console.error(`first failure: ${failure}`);
  if (options.write === true) await writeReport(rows);
  if (options.json === true) console.log(JSON.stringify(rows.at(-1)));
  if (rows.some(({ failed }) => failed > 0)) process.exitCode = 1;
}

await program.parseAsync();
