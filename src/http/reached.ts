import type { Log } from '../ports/log.ts';
import type { HttpOptions } from './options.ts';
import { Problem } from './problem.ts';
import { askLog } from './services.ts';

/** By partition: the offset of the last record that a client has. */
export type Reached = ReadonlyMap<number, number>;

/** The id of a message in a stream of many partitions: `0:41,1:7`. */
export function formatReached(reached: Reached): string {
  return [...reached].map(([partition, offset]) => `${partition}:${offset}`).join(',');
}

/** The vector of an id; undefined when it is none of ours. */
export function parseReached(id: string | undefined): Reached | undefined {
  if (id === undefined || !/^\d+:-?\d+(?:,\d+:-?\d+)*$/.test(id)) return undefined;
  const pairs = id.split(',').map((pair) => pair.split(':').map(Number));
  return new Map(pairs.map(([partition = 0, offset = -1]) => [partition, offset]));
}

/** @throws {@link Problem} 410 when the log no longer has what follows; 503 when it does not answer. */
export async function checkReached(
  services: { readonly options: Pick<HttpOptions, 'log' | 'clock'> },
  topic: Parameters<Log['bounds']>[0],
  resume: Reached,
): Promise<void> {
  const { log } = services.options;
  for (let partition = 0; partition < log.partitionCount(topic); partition += 1) {
    const reached = resume.get(partition);
    if (reached === undefined) continue;
    const { start } = await askLog(services, (signal) => log.bounds(topic, partition, signal));
    if (reached + 1 >= start) continue;
    throw new Problem(410, 'history-expired', 'What follows is older than what the log keeps');
  }
}
