import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import type { Logger } from '../../ports/logger.ts';
import { readableLine } from './readable-line.ts';

export type LogThreshold = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  /** The lowest level that is written. Default: `info`. */
  readonly level?: LogThreshold;
  /** `json`, one object a line; `readable`, for a terminal. */
  readonly format: 'json' | 'readable';
  /** Colours in the readable format. Default: none. */
  readonly color?: boolean;
  /** Where lines go, for tests. Default: stderr; stdout is for data. */
  readonly write?: (line: string) => void;
}

/** The server's log. Written at once: the last lines before a crash are those that are needed. */
export function createLogger(options: LoggerOptions): Logger {
  const write = options.write ?? toStderr();
  const color = options.color ?? false;
  const stream: DestinationStream = {
    write: options.format === 'json' ? write : (line) => write(readableLine(line, color)),
  };
  const root = pino(
    {
      level: options.level ?? 'info',
      // No process id and host name in every line: whoever collects logs adds them.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    stream,
  );
  return new BoundLogger(root);
}

function toStderr(): (line: string) => void {
  const stderr = destination({ fd: 2, sync: true });
  return (line) => void stderr.write(line);
}

/** The port's five methods over a pino logger; nothing else of pino is seen outside. */
class BoundLogger implements Logger {
  readonly #pino: PinoLogger;

  constructor(logger: PinoLogger) {
    this.#pino = logger;
  }

  debug(fields: object, message: string): void {
    this.#pino.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#pino.info(fields, message);
  }

  warn(fields: object, message: string): void {
    this.#pino.warn(fields, message);
  }

  error(fields: object, message: string): void {
    this.#pino.error(fields, message);
  }

  child(fields: object): Logger {
    return new BoundLogger(this.#pino.child({ ...fields }));
  }
}
