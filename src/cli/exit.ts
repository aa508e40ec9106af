/** How the command ends; docs/cli.md promises these. */
export const exitCodes = {
  ok: 0,
  /** An execution, a validation or a check failed. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** No server, or no broker, answers. */
  unreachable: 3,
  /** The server understood and refused. */
  refused: 4,
  timedOut: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command. The message, if any, goes to stderr; everything else has been printed. */
export class CommandEnd extends Error {
  override readonly name = 'CommandEnd';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message = '') {
    super(message);
    this.exitCode = exitCode;
  }
}
