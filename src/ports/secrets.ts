/** Secret values, known to workers and triggers only. Never logged, never in a record (invariant 9). */
export interface Secrets {
  /** The value, or undefined when there is no secret of this name. */
  get(name: string): string | undefined;
}
