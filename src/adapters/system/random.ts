import { randomFillSync } from 'node:crypto';
import type { Random } from '../../ports/random.ts';
import { idDigits, idLength } from '../../support/digest.ts';

/** Bytes are drawn for this many ids at a time: one call into the operating system costs as much as ten ids. */
const IDS_PER_DRAW = 64;

/** The operating system's randomness. */
export class SystemRandom implements Random {
  readonly #bytes = new Uint8Array(idLength * IDS_PER_DRAW);
  #used = this.#bytes.length;

  id(): string {
    if (this.#used === this.#bytes.length) {
      randomFillSync(this.#bytes);
      this.#used = 0;
    }
    let id = '';
    for (const byte of this.#bytes.subarray(this.#used, this.#used + idLength)) {
      // 32 digits: five bits of the byte are one, without bias.
      id += idDigits.charAt(byte & 31);
    }
    this.#used += idLength;
    return id;
  }

  next(): number {
    return Math.random();
  }
}
