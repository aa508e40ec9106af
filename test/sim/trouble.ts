/** What goes wrong in a history, and when: drawn once, by the seed. */
import type { Chance, FaultPlan } from '../../src/adapters/faults/faults.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimProcess } from './sim-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Faults of one process; they look at it each time something can go wrong. */
export type Weather = { -readonly [Fault in keyof FaultPlan]-?: NonNullable<FaultPlan[Fault]> };

export function randomWeather(random: SeededRandom): Weather {
  const some = (most: number, maxMs: number): Chance => ({
    chance: random.chance(0.7) ? random.next() * most : 0,
    maxMs,
  });
  return {
    delay: some(0.3, 300),
    lostAcknowledgement: some(0.1, 2_000),
    duplicate: { chance: random.next() * 0.2 },
    refusal: some(0.01, 3_000),
    slowDelivery: some(0.3, 500),
    crash: { chance: random.chance(0.8) ? random.next() * 0.01 : 0 },
  };
}

/** From now on nothing goes wrong any more. */
export function calm(weather: Weather): void {
  const never = { chance: 0, maxMs: 0 };
  Object.assign(weather, {
    delay: never,
    lostAcknowledgement: never,
    duplicate: never,
    refusal: never,
    slowDelivery: never,
    crash: never,
  } satisfies Weather);
}

const BLOWS_MAX = 8;
const FREEZE_MS_MAX = 15_000;

/** Kills, stops and stand-stills from outside, at any moment within `withinMs`. */
export function strike(
  processes: readonly SimProcess[],
  clock: VirtualClock,
  random: SeededRandom,
  withinMs: number,
): void {
  for (let n = random.integer(BLOWS_MAX); n > 0; n -= 1) {
    const victim = processes[random.integer(processes.length)];
    const kind = random.next();
    const forMs = random.next() * FREEZE_MS_MAX;
    clock.after(random.next() * withinMs, () => {
      if (kind < 0.25) victim?.freeze(forMs);
      else if (kind < 0.45) victim?.freezeInAppend(forMs);
      else if (kind < 0.75) victim?.crash('kill -9');
      else victim?.stop();
    });
  }
}

const SET_CHANCE = 0.3;
const STANDS_STILL_CHANCE = 0.3;

/** What trigger processes meet beside all that: clocks that jump, and successors while something is on its way. */
export function strikeTriggers(
  processes: readonly SimProcess[],
  clock: VirtualClock,
  random: SeededRandom,
  withinMs: number,
): void {
  for (const process of processes.filter(({ role }) => role === 'trigger')) {
    if (random.chance(SET_CHANCE)) {
      clock.after(random.next() * withinMs, () => process.setClock());
    }
    if (random.chance(STANDS_STILL_CHANCE)) {
      const forMs = random.next() * FREEZE_MS_MAX;
      clock.after(random.next() * withinMs, () => process.freezeInAppend(forMs));
    }
  }
}
