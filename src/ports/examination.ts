/** What `doctor` found out about something outside. */
export interface Finding {
  /** `problem`: it will not work, or data may be lost. `warning`: it works now. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** What was looked at: `topic millrace.events`. */
  readonly subject: string;
  readonly message: string;
  /** What to do; there for everything but `ok`. */
  readonly advice?: string;
}

/** A clock that is off by more than this is said. Durations and dates in flows come from it, ms. */
export const clockSkewMaxMs = 1_000;
