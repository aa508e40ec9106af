/** Consumer groups within one process keep the contract. */
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { openSqliteLog } from '../../src/adapters/sqlite/log.ts';
import { contractTopics } from './log.ts';
import { describeMembershipContract } from './membership.ts';
import { failingLogger } from './failing-logger.ts';

describeMembershipContract('sqlite', async () => {
  const clock = new SystemClock();
  const options = { file: ':memory:', topics: contractTopics, clock, logger: failingLogger };
  const log = await openSqliteLog(options);
  return {
    sessionMs: 300,
    prefix: '',
    async open() {
      const session = log.session();
      return { membership: session.membership, crash: () => session.close() };
    },
    close: () => log.close(),
  };
});
