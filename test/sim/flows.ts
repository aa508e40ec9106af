import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import type { LogProducer } from '../../src/ports/log.ts';
import { encodeFlow } from '../../src/records/flows.ts';
import { lethalFlow, randomFlow } from './random-flow.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What clients start. */
export const flowNames: readonly [string, ...string[]] = ['flow-0', 'flow-1', 'flow-2'];
/** Whose result nobody survives. */
export const lethalName = 'lethal';

const CHANGES_MAX = 3;

/** Deploys every flow, and new revisions of some within the next `withinMs`. Resolves when all are there. */
export async function deploy(
  log: SqliteLog,
  clock: VirtualClock,
  random: SeededRandom,
  withinMs: number,
): Promise<LogProducer> {
  const producer = log.producer();
  let sent = 0;
  let deployed = 0;
  const put = (flow: string, source: string): void => {
    sent += 1;
    void producer.send('flows', 0, encodeFlow({ namespace: 'sim', flow, source })).then(() => {
      deployed += 1;
    });
  };
  for (const name of flowNames) put(name, randomFlow(name, random));
  put(lethalName, lethalFlow(lethalName));
  await clock.runUntil(() => deployed === sent, 1_000);
  for (let n = random.integer(CHANGES_MAX + 1); n > 0; n -= 1) {
    const name = random.pick(flowNames);
    clock.after(random.next() * withinMs, () => put(name, randomFlow(name, random)));
  }
  return producer;
}
