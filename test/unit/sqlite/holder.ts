/** A process that holds a log and writes into it until it is killed; prints the last offset acknowledged. */
import { openSqliteLog } from '../../../src/adapters/sqlite/log.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { LineLogger } from './open.ts';

const log = await openSqliteLog({
  file: process.argv[2] ?? '',
  topics: topicSpecs({ partitions: 2, workerGroups: [] }),
  clock: new SystemClock(),
  logger: new LineLogger(),
});
const producer = log.producer();
for (let value = 0; ; value += 1) {
  const outcome = await producer.send('commands', 0, { key: null, value: String(value) });
  if (outcome.kind === 'acknowledged') process.stdout.write(`${outcome.offset}\n`);
}
