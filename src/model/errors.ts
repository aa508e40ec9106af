/** Errors of our own are classed by what the caller does next. `code` is stable; `cause` is kept. */
abstract class MillraceError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A temporary fault: the same call may succeed later. `retryAfterMs` is a hint. */
export class RetryableError extends MillraceError {
  override readonly name = 'RetryableError';
  readonly retryAfterMs: number;

  constructor(code: string, message: string, options?: ErrorOptions & { retryAfterMs?: number }) {
    super(code, message, options);
    this.retryAfterMs = options?.retryAfterMs ?? 1_000;
  }
}

/** It will never succeed as asked; nothing was done. */
export class TerminalError extends MillraceError {
  override readonly name = 'TerminalError';
}

/** The request is understood and refused, with a reason that its sender can act on. */
export class RejectedError extends MillraceError {
  override readonly name = 'RejectedError';
}

/** The process cannot go on (configuration, damaged data); the message says what to do. */
export class FatalError extends MillraceError {
  override readonly name = 'FatalError';
}
