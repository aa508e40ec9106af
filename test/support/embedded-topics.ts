import { onTestFinished } from 'vitest';
import { openSqliteTopics, type SqliteTopics } from '../../src/adapters/sqlite/topics-port.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { silentLogger } from './memory-ports.ts';

/** Users' topics in memory, closed with the test. */
export async function embeddedTopics(): Promise<SqliteTopics> {
  const ports = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger };
  const topics = await openSqliteTopics({ file: ':memory:', ...ports });
  onTestFinished(() => topics.close());
  return topics;
}
