/** `npm run sim -- --seeds N [--from S] [--seed S] [--bug NAME]`: a failing seed is printed with its story. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';
import { simulate, type SimulationResult } from './simulate.ts';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly bug?: PlantedBug;
}

const program = new Command('sim')
  .description('Runs the shells in virtual time, with faults, and checks what must always hold.')
  .option('--seeds <n>', 'how many seeds', natural, 300)
  .option('--from <n>', 'the first seed', natural, 1)
  .option('--seed <n>', 'only this seed, with its whole log', natural)
  // Object.keys forgets that the keys are the bugs' names; commander only takes strings.
  .addOption(new Option('--bug <name>', 'plant a bug').choices(Object.keys(plantedBugs)))
  .action(async (options: Options) => {
    process.exitCode = await run(options);
  });

function natural(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('must be a number');
  return value;
}

async function run({ seeds, from, seed, bug }: Options): Promise<number> {
  const first = seed ?? from;
  const count = seed === undefined ? seeds : 1;
  const began = performance.now();
  let failed = 0;
  let executions = 0;
  let ignored = 0;
  for (let each = first; each < first + count; each += 1) {
    const result = await simulate(each, bug);
    executions += result.executions;
    ignored += result.ignored;
    if (result.problems.length === 0 && seed === undefined) continue;
    if (result.problems.length > 0) failed += 1;
    report(result, seed !== undefined);
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(
    `${count - failed} seeds held, ${failed} failed; ${executions} executions, ` +
      `${ignored} records ignored by the reader rule, ${seconds} s`,
  );
  return failed === 0 ? 0 : 1;
}

function report(result: SimulationResult, whole: boolean): void {
  console.log(`seed ${result.seed}: ${result.problems.length === 0 ? 'held' : 'FAILED'}`);
  for (const problem of result.problems) console.log(`  ${problem}`);
  if (whole) console.log([...result.story, '', result.log()].join('\n'));
}

await program.parseAsync();
