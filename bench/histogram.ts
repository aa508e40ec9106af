/** Percentiles of durations, exact: every value is kept. */
export class Histogram {
  readonly #values: number[] = [];
  #sorted = true;

  add(value: number): void {
    this.#values.push(value);
    this.#sorted = false;
  }

  get count(): number {
    return this.#values.length;
  }

  /** The value that `fraction` of all values do not exceed; NaN when there are none. */
  percentile(fraction: number): number {
    if (!this.#sorted) {
      this.#values.sort((a, b) => a - b);
      this.#sorted = true;
    }
    const index = Math.min(this.#values.length - 1, Math.ceil(fraction * this.#values.length) - 1);
    return this.#values[Math.max(0, index)] ?? Number.NaN;
  }
}
