/**
 * `npm run sim -- [--seeds N] [--from S] [--seed S] [--bug NAME] [--json]`: a failed seed is printed with its
 * problems as soon as it is known; `--seed` prints one seed whole, with its story and the compact log.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';
import { Progress } from './progress.ts';
import { simulate, type SimulationResult } from './simulate.ts';
import { Tally } from './tally.ts';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly bug?: PlantedBug;
  readonly json?: true;
}

/** One fault has many symptoms. */
const PROBLEMS_SHOWN = 8;

const program = new Command('sim')
  .description('Runs the shells in virtual time, with faults, and checks what must always hold.')
  .option('--seeds <n>', 'how many seeds', natural, 300)
  .option('--from <n>', 'the first seed', natural, 1)
  .option('--seed <n>', 'only this seed, with its story and its log', natural)
  // Object.keys forgets that the keys are the bugs' names; commander only takes strings.
  .addOption(new Option('--bug <name>', 'plant a bug').choices(Object.keys(plantedBugs)))
  .option('--json', 'print one object at the end, and nothing else')
  .addHelpText(
    'after',
    '\nThe exit code is 1 when a seed failed. docs/simulator.md says how to read it.',
  )
  .action(async (options: Options) => {
    process.exitCode = await (options.seed === undefined
      ? many(options)
      : one(options.seed, options));
  });

function natural(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('must be a number');
  return value;
}

async function many({ seeds, from, bug, json }: Options): Promise<number> {
  const tally = new Tally();
  const progress = new Progress(json === true ? undefined : process.stderr);
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = await simulate(seed, bug);
    tally.add(result);
    if (result.problems.length > 0 && json !== true) {
      progress.clear();
      console.log(problemsOf(result));
    }
    progress.show(`${tally.seeds}/${seeds} seeds, ${tally.failed.length} failed`);
  }
  progress.clear();
  console.log(json === true ? JSON.stringify(tally.report()) : tally.text());
  return tally.failed.length === 0 ? 0 : 1;
}

async function one(seed: number, { bug, json }: Options): Promise<number> {
  const result = await simulate(seed, bug);
  const { problems, story, executions, events, virtualMs } = result;
  const seen = Object.fromEntries(result.seen);
  const log = result.log();
  if (json === true) {
    console.log(
      JSON.stringify({ seed, problems, executions, events, virtualMs, seen, story, log }),
    );
  } else {
    const sights = Object.entries(seen).map(([sight, times]) => `  ${times} × ${sight}`);
    console.log([...story, '', ...sights, '', log, '', problemsOf(result)].join('\n'));
  }
  return problems.length === 0 ? 0 : 1;
}

function problemsOf({ seed, problems }: SimulationResult): string {
  if (problems.length === 0) return `seed ${seed} held`;
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ${problem}`);
  const more = problems.length - shown.length;
  return [`seed ${seed} FAILED`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}

await program.parseAsync();
