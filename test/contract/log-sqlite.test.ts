/** The embedded log keeps the contract, in a file and in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { withFaults } from '../../src/adapters/faults/faulty-log.ts';
import { openSqliteLog } from '../../src/adapters/sqlite/log.ts';
import { failingLogger } from './failing-logger.ts';
import { contractTopics, describeLogContract } from './log.ts';
import type { LogHarness } from './log.ts';

/** The machine's clock, moved ahead by hand, so that retention has something to remove. */
class ShiftedClock extends SystemClock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

const YEAR_MS = 365 * 24 * 3_600_000;

async function openHarness(file: string, removed: () => void): Promise<LogHarness> {
  const clock = new ShiftedClock();
  const log = await openSqliteLog({ file, topics: contractTopics, clock, logger: failingLogger });
  return {
    async open(options) {
      const session = log.session(options);
      const faulty = withFaults(session, { plan: {}, random: new SystemRandom(), clock });
      return {
        log: faulty,
        stall: (topic, partition) => faulty.faults.stall(topic, partition),
        silence: (topic, partition) => faulty.faults.silence(topic, partition),
      };
    },
    compact: () => log.clean(),
    async expire() {
      clock.aheadMs += YEAR_MS;
      await log.clean();
    },
    async close() {
      await log.close();
      removed();
    },
  };
}

describeLogContract('sqlite-file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  return openHarness(join(folder, 'log.db'), () => rmSync(folder, { recursive: true }));
});

describeLogContract('sqlite-memory', () => openHarness(':memory:', () => undefined));
