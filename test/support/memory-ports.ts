/** The real adapters, in memory, for tests of shells: nothing here is a fake of a contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileBlobStore } from '../../src/adapters/filesystem/blob-store.ts';
import { openSqliteLog, type SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { Metrics } from '../../src/ports/metrics.ts';
import type { Random } from '../../src/ports/random.ts';
import { topicSpecs } from '../../src/records/topics.ts';

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

export const noMetrics: Metrics = {
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
};

export interface MemoryPorts {
  readonly log: SqliteLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly blobs: BlobStore;
  close(): Promise<void>;
}

/** A log on `:memory:` with its own blobs in a temporary folder. */
export async function memoryPorts(
  options: { readonly partitions?: number; readonly workerGroups?: readonly string[] } = {},
): Promise<MemoryPorts> {
  const clock = new SystemClock();
  const { partitions = 4, workerGroups = ['default'] } = options;
  const topics = topicSpecs({ partitions, workerGroups });
  const log = await openSqliteLog({ file: ':memory:', topics, clock, logger: silentLogger });
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-blobs-'));
  const blobs = await FileBlobStore.open({ folder, durability: 'normal', nowMs: clock.now() });
  return {
    log,
    clock,
    random: new SystemRandom(),
    logger: silentLogger,
    metrics: noMetrics,
    blobs,
    async close() {
      await log.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the condition gives a value, and fails with what was waited for after the deadline. */
export async function eventually<Value>(
  what: string,
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
  deadlineMs = 10_000,
): Promise<Value> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
