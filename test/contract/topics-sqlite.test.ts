/** Users' topics of the embedded log keep the contract, in a file and in memory. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteTopics } from '../../src/adapters/sqlite/topics-port.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { failingLogger } from './failing-logger.ts';
import { describeTopicsContract, type TopicsHarness } from './topics.ts';

/** The machine's clock, moved ahead by hand, so that retention has something to remove. */
class ShiftedClock extends SystemClock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

const YEAR_MS = 365 * 24 * 3_600_000;

/** A data folder is one process's: all that a case opens are members of it. */
async function openHarness(file: string, removed: () => void): Promise<TopicsHarness> {
  const clock = new ShiftedClock();
  const random = new SystemRandom();
  const topics = await openSqliteTopics({ file, clock, random, logger: failingLogger });
  return {
    open: async () => topics,
    async createTopic(partitions) {
      const name = `orders-${randomUUID()}`;
      topics.create(name, partitions);
      return name;
    },
    async expire() {
      clock.aheadMs += YEAR_MS;
      await topics.clean();
      clock.aheadMs = 0;
    },
    async close() {
      await topics.close();
      removed();
    },
  };
}

describeTopicsContract('sqlite-file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-topics-'));
  return openHarness(join(folder, 'topics.sqlite'), () => rmSync(folder, { recursive: true }));
});

describeTopicsContract('sqlite-memory', () => openHarness(':memory:', () => undefined));
