import { isDeepStrictEqual } from 'node:util';
import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { LiveBytes } from '../../src/executor/live-bytes.ts';
import { restore } from '../../src/executor/restore.ts';
import { present } from '../../src/support/assert.ts';
import { dumpState } from '../unit/engine/dump.ts';
import type { History } from './history.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Witness } from './witness.ts';

/**
 * What an owner that opened each partition right now would restore, from the newest checkpoint and the events
 * behind it, is what all events from the first on have led to.
 */
export async function checkRestores(
  log: SqliteLog,
  clock: VirtualClock,
  history: History,
  witness: Witness,
): Promise<void> {
  for (let partition = 0; partition < log.partitions; partition += 1) {
    const at = Math.round(clock.monotonic());
    try {
      const problem = await checkRestore(log, clock, history, partition, witness);
      if (problem !== undefined) witness.problems.push(`at ${at}: ${problem}`);
    } catch (error) {
      witness.problems.push(
        `at ${at}: partition ${partition} cannot be restored: ${String(error)}`,
      );
    }
  }
}

async function checkRestore(
  log: SqliteLog,
  clock: VirtualClock,
  history: History,
  partition: number,
  witness: Witness,
): Promise<string | undefined> {
  const state = present(history.states[partition], 'a state of each partition');
  const { end } = await log.bounds('events', partition);
  const { end: checkpointsEnd } = await log.bounds('checkpoints', partition);
  // The restore takes a moment, in which more may happen.
  const { positions } = state;
  const expected = plain(dumpState(state));
  if (end === 0) return undefined;
  const logger = witness.logger('a restore', () => true);
  const options = { log, clock, logger, live: new LiveBytes(1), partition };
  const own = { epoch: end - 1, checkpointsEnd };
  const restored = await restore({ ...options, ...own }, new AbortController().signal);
  const { nextStart, nextCommand } = restored.state.positions;
  if (nextStart < positions.nextStart || nextCommand < positions.nextCommand) {
    return `partition ${partition} is restored with positions that were passed`;
  }
  const found = plain(dumpState(restored.state));
  const difference = differenceOf(found, expected);
  if (difference === undefined) return undefined;
  return `partition ${partition}, restored from ${restored.marker?.position ?? 0} on: ${difference}`;
}

/** Where two values differ, and how; undefined when they do not. */
function differenceOf(found: unknown, expected: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(found, expected)) return undefined;
  if (isTree(found) && isTree(expected)) {
    const inner = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
    for (const key of inner) {
      const difference = differenceOf(found[key], expected[key], `${path}/${key}`);
      if (difference !== undefined) return difference;
    }
  }
  return `${path} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Without the difference between what is undefined and what is not there, and without positions: inputs that
 * led to no event move them on, and a marker may say so before an event does.
 */
function plain(dump: unknown): unknown {
  return JSON.parse(JSON.stringify({ ...Object(dump), positions: undefined }));
}
