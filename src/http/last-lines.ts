/**
 * When the log of an ended execution is complete.
 *
 * Lines and events come by different topics, so that an end may be read before the last lines. A worker's lines
 * are in the log before its result is sent. Those of tasks that the executor runs are effects of their events:
 * they follow, after a crash seconds later, and are numbered by their event, so that it can be told which is the
 * last. When it has been read, the log is read to where it ends now.
 */
import { type ExecutionId, partitionOf } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { eventOffsetOf } from '../records/effects.ts';
import { eventsOf, viewOf } from './execution-reader.ts';
import { LineMarks } from './line-marks.ts';
import { Problem } from './problem.ts';
import { askLog, type HttpServices } from './services.ts';

/** How long last lines are waited for; then the end says that the log may not be complete. */
export const LATE_MS = 5_000;

/** How long what is in the log already is read for: a task may have left a hundred thousand lines. */
const READ_MS = 30_000;

/** How far behind the end a task with a line is looked for: near it, as effects are sent in order. */
const EVENTS_BACK = 64;

/** @returns how the execution ended, and whether all of its lines have been read. */
export async function waitForLastLines(
  services: HttpServices,
  id: ExecutionId,
): Promise<{ readonly state: string | null; readonly complete: boolean }> {
  const { clock, log, indexer } = services.options;
  const view = await viewOf(services, id);
  const state = view?.state ?? null;
  const last = await lastLogged(services, id, view?.eventOffsets ?? []);
  if (!(await untilLogged(services, id, last, LATE_MS))) return { state, complete: false };
  const partition = partitionOf(id, log.partitions);
  const { end } = await askLog(services, (signal) => log.bounds('logs', partition, signal));
  const complete = await called(clock, READ_MS, (call) =>
    indexer.lines.onReached(partition, end, call),
  );
  return { state, complete };
}

/** Waits for the line of the event at `last`; false when it does not come in time. */
async function untilLogged(
  services: HttpServices,
  id: ExecutionId,
  last: number,
  milliseconds: number,
): Promise<boolean> {
  const { clock, indexer } = services.options;
  const heard = new LineMarks();
  let tell = (): void => undefined;
  const isHere = (): boolean => eventOffsetOf(heard.newestOfExecutor) >= last;
  const stop = indexer.lines.listen(id, (line) => {
    heard.add(line);
    if (isHere()) tell();
  });
  try {
    await indexer.flush();
    const { views } = services.options;
    for (const mark of await views.lineMarks(id, Number.MAX_SAFE_INTEGER)) heard.add(mark);
    if (isHere()) return true;
    return await called(clock, milliseconds, (call) => {
      tell = call;
      return () => undefined;
    });
  } finally {
    stop();
  }
}

/** Offset of the last event whose task left a line with it; -1 when there is none, or it is history. */
async function lastLogged(
  services: HttpServices,
  id: ExecutionId,
  offsets: readonly number[],
): Promise<number> {
  try {
    const events = await eventsOf(services, id, offsets.slice(-EVENTS_BACK));
    const logged = events.filter(({ event }) => 'log' in event && event.log !== undefined);
    return logged.at(-1)?.place.offset ?? -1;
  } catch (error) {
    if (error instanceof Problem && error.status === 410) return -1;
    throw error;
  }
}

/** True when it was called in time. */
function called(
  clock: Clock,
  milliseconds: number,
  listen: (call: () => void) => () => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    let stop = (): void => undefined;
    const cancel = clock.after(milliseconds, () => {
      stop();
      resolve(false);
    });
    stop = listen(() => {
      stop();
      cancel();
      resolve(true);
    });
  });
}
