import type { Random } from '../../src/ports/random.ts';

const digits = '0123456789abcdefghjkmnpqrstvwxyz';

/** Numbers that depend on the seed alone (splitmix32). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  id(): string {
    return Array.from({ length: 26 }, () => digits[this.integer(32)]).join('');
  }

  /** 0 … below - 1. */
  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.integer(items.length)] ?? items[0];
  }

  /** Another stream of numbers, so that one part's draws do not change another's. */
  fork(): SeededRandom {
    return new SeededRandom(this.integer(2 ** 31));
  }
}
