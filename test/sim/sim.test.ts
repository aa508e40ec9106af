import { describe, expect, it } from 'vitest';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';
import { simulate } from './simulate.ts';
import { Tally } from './tally.ts';

const SEEDS = 300;

describe('the simulator', () => {
  it(`holds what must hold over ${SEEDS} seeds, in which every fault strikes`, async () => {
    const tally = new Tally();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const result = await simulate(seed);
      tally.add(result);
      const told = [`npm run sim -- --seed ${seed}`, ...result.problems, result.log()].join('\n');
      expect(result.problems.length, told).toBe(0);
    }
    expect(tally.unseen).toEqual([]);
  });

  // Triggers are in some of them.
  it.each([7, 17, 24, 27])('gives the same history for the same seed: %i', async (seed) => {
    const [one, other] = [await simulate(seed), await simulate(seed)];
    expect(one.story).toEqual(other.story);
    expect(one.log()).toBe(other.log());
    expect([...one.seen]).toEqual([...other.seen]);
  });

  // Object.keys forgets that the keys are the bugs' names.
  it.each(Object.keys(plantedBugs) as PlantedBug[])('finds the planted bug %s', async (bug) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { problems } = await simulate(seed, bug);
      if (problems.length > 0) return;
    }
    expect.unreachable(`no seed of ${SEEDS} found ${bug}`);
  });
});
