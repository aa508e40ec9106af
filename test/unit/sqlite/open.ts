/** A log in virtual time, and a logger that keeps its lines. */
import { openSqliteLog } from '../../../src/adapters/sqlite/log.ts';
import type { SqliteLog, SqliteLogOptions } from '../../../src/adapters/sqlite/log.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { VirtualClock } from './virtual-clock.ts';

export const topics = topicSpecs({ partitions: 2, workerGroups: ['default'] });

export class LineLogger implements Logger {
  readonly lines: string[] = [];

  debug(): void {
    // Not looked at.
  }

  info(_fields: unknown, message: string): void {
    this.lines.push(`info ${message}`);
  }

  warn(_fields: unknown, message: string): void {
    this.lines.push(`warn ${message}`);
  }

  error(_fields: unknown, message: string): void {
    this.lines.push(`error ${message}`);
  }

  child(): Logger {
    return this;
  }
}

export interface OpenedLog {
  readonly log: SqliteLog;
  readonly clock: VirtualClock;
  readonly logger: LineLogger;
}

export async function openMemoryLog(
  options: Partial<Omit<SqliteLogOptions, 'clock' | 'logger'>> = {},
): Promise<OpenedLog> {
  const clock = new VirtualClock();
  const logger = new LineLogger();
  const log = await openSqliteLog({ file: ':memory:', topics, clock, logger, ...options });
  return { log, clock, logger };
}
