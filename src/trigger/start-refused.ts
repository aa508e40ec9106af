import type { JsonObject } from '../support/json.ts';

/**
 * Why there is no start, by what its sender does next. `invalid`: it never will be one as it is. `too-large`:
 * neither. `busy`: soon. `unavailable`: when the log, or an executor, is back. `fault`: it needs a person.
 */
export type RefusalKind = 'invalid' | 'too-large' | 'busy' | 'unavailable' | 'fault';

/** A start that was not sent, or that an executor has not taken. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  readonly kind: RefusalKind;
  /** Stable, kebab-case: `code` of an answer, `reason` of a decision. */
  readonly code: string;
  /** What else is known of it, for programs. */
  readonly members: JsonObject;
  /** An executor refused, and has written why to `decisions`. */
  readonly isExecutors: boolean;

  constructor(kind: RefusalKind, code: string, message: string, options: RefusalOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.code = code;
    this.members = options.members ?? {};
    this.isExecutors = options.isExecutors ?? false;
  }
}

export interface RefusalOptions extends ErrorOptions {
  readonly members?: JsonObject;
  readonly isExecutors?: boolean;
}

export function startUnavailable(message: string): StartRefused {
  return new StartRefused('unavailable', 'log-unavailable', message);
}
