/** The server's own log, as pino has it: fields first, then the message. Task logs are data, not this. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

/** Snake-case names (`execution_id`, `partition`, `offset`); `err` for an error. */
export type LogFields = Readonly<Record<string, unknown>>;
