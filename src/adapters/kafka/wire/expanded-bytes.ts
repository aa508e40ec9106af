import { CompressionError } from './compression-error.ts';

/**
 * The output of an LZ77 decoder (LZ4, Snappy): literals are copied in, matches repeat what is
 * already there. Both sides are checked, so that a stream can neither read beyond its bytes nor
 * grow beyond the limit.
 */
export class ExpandedBytes {
  #bytes: Buffer;
  #size = 0;
  readonly #sizeMax: number;

  /** @param sizeExpected room to begin with, at most `sizeMax` of which is believed */
  constructor(sizeExpected: number, sizeMax: number) {
    this.#sizeMax = sizeMax;
    this.#bytes = Buffer.allocUnsafe(Math.min(sizeExpected, sizeMax));
  }

  get size(): number {
    return this.#size;
  }

  /** What has been written from `start` on. */
  from(start: number): Buffer {
    return this.#bytes.subarray(start, this.#size);
  }

  /** Appends source[start, end). */
  literals(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.#size += source.copy(this.#bytes, this.#size, start, end);
  }

  /**
   * Appends `length` bytes that begin `distance` before the end; what it writes may be part of
   * them.
   */
  match(distance: number, length: number): void {
    if (distance < 1 || distance > this.#size) {
      throw new CompressionError('a match points before the beginning');
    }
    this.#reserve(length);
    const bytes = this.#bytes;
    const start = this.#size;
    this.#size += length;
    if (length <= distance) bytes.copyWithin(start, start - distance, start - distance + length);
    else for (let at = start; at < this.#size; at++) bytes[at] = bytes[at - distance] ?? 0;
  }

  #reserve(length: number): void {
    const wanted = this.#size + length;
    if (wanted <= this.#bytes.length) return;
    if (wanted > this.#sizeMax) {
      throw new CompressionError(`it expands to more than ${this.#sizeMax} bytes`);
    }
    const larger = Buffer.allocUnsafe(
      Math.min(Math.max(wanted, 2 * this.#bytes.length), this.#sizeMax),
    );
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}
