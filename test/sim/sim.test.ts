import { describe, expect, it } from 'vitest';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';
import { simulate } from './simulate.ts';

const SEEDS = 300;

describe('the simulator', () => {
  it(`holds what must hold over ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const result = await simulate(seed);
      const told = `npm run sim -- --seed ${seed}\n${result.problems.join('\n')}\n${result.log()}`;
      expect(result.problems.length, told).toBe(0);
    }
  });

  it('gives the same history for the same seed', async () => {
    const [one, other] = [await simulate(7), await simulate(7)];
    expect(one.story).toEqual(other.story);
    expect(one.log()).toBe(other.log());
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
