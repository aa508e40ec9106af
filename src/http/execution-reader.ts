import type { Event } from '../model/events.ts';
import { type ExecutionId, parseExecutionId, partitionOf } from '../model/ids.ts';
import { isTerminal } from '../model/states.ts';
import type { EventPlace } from '../ports/event-feed.ts';
import type { LogRecord } from '../ports/log.ts';
import type { ExecutionView } from '../ports/views.ts';
import { decodeEvent } from '../records/events.ts';
import { Problem } from './problem.ts';
import { askLog, freshViews, type HttpServices } from './services.ts';

/** An event, and where it lies. */
export interface PlacedEvent {
  readonly event: Event;
  readonly place: EventPlace;
}

/**
 * The execution as the views have it now. One that this process has started a moment ago is waited for: whoever
 * has its id from us need not know that views are made afterwards.
 *
 * @throws {@link Problem} 404; 503 when the views cannot be written.
 */
export async function findExecution(services: HttpServices, text: string): Promise<ExecutionView> {
  const id = parseExecutionId(text);
  if (id !== undefined) {
    const view = (await viewOf(services, id)) ?? (await startedView(services, id));
    if (view !== undefined) return view;
  }
  throw new Problem(404, 'execution-not-found', `There is no execution ${text}`);
}

/** The execution with everything that was read so far. */
export async function viewOf(
  services: HttpServices,
  id: ExecutionId,
): Promise<ExecutionView | undefined> {
  await freshViews(services);
  return services.options.views.execution(id);
}

const UNSEEN_MAX_MS = 5_000;

async function startedView(
  services: HttpServices,
  id: ExecutionId,
): Promise<ExecutionView | undefined> {
  const { options, starter } = services;
  if (starter.originOf(id) === undefined) return undefined;
  const seen = Promise.withResolvers<undefined>();
  const stop = options.indexer.tail.listen(id, () => seen.resolve(undefined));
  const cancel = options.clock.after(UNSEEN_MAX_MS, () => seen.resolve(undefined));
  try {
    // Its first event may have been read before anybody listened.
    const view = await viewOf(services, id);
    if (view !== undefined) return view;
    await seen.promise;
    return await viewOf(services, id);
  } finally {
    stop();
    cancel();
  }
}

/** Outputs that were too large for the view are read from the event that has them, while the log keeps it. */
export async function wholeOutputs(
  services: HttpServices,
  view: ExecutionView,
): Promise<ExecutionView> {
  const last = view.eventOffsets.at(-1);
  if (last === undefined || !isTerminal(view.state) || !isPreview(view.outputs)) return view;
  if (last < (await logStart(services, view.id))) return view;
  const [found] = await eventsAt(services, view.id, [last]);
  const event = found?.event;
  return event?.type === 'execution.ended' ? { ...view, outputs: event.outputs } : view;
}

function isPreview(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '$preview');
}

/**
 * The events at these offsets of the view, in order, from the log. The views took the offsets from accepted
 * records, so the reader rule has been applied; the epoch is the record's own.
 *
 * @throws {@link Problem} 410 when the log no longer has all of them; 503 when it does not answer.
 */
export async function eventsOf(
  services: HttpServices,
  id: ExecutionId,
  offsets: readonly number[],
): Promise<readonly PlacedEvent[]> {
  const [first] = offsets;
  if (first === undefined) return [];
  if (first < (await logStart(services, id))) {
    throw new Problem(410, 'history-expired', 'Some events are older than what the log keeps');
  }
  return eventsAt(services, id, offsets);
}

/** The first offset that is kept of the execution's partition. */
function logStart({ options }: HttpServices, id: ExecutionId): Promise<number> {
  const partition = partitionOf(id, options.log.partitions);
  return askLog({ options }, async (signal) => {
    const { start } = await options.log.bounds('events', partition, signal);
    return start;
  });
}

/** Offsets nearer than this are read in one go: passing over some records costs less than asking again. */
const GAP_MAX = 500;

async function eventsAt(
  services: HttpServices,
  id: ExecutionId,
  offsets: readonly number[],
): Promise<readonly PlacedEvent[]> {
  const { log } = services.options;
  const partition = partitionOf(id, log.partitions);
  const found: PlacedEvent[] = [];
  for (const stretch of stretchesOf(offsets)) {
    const wanted = new Set(stretch);
    const from = Math.min(...stretch);
    const to = Math.max(...stretch) + 1;
    await askLog(services, async (signal) => {
      for await (const records of log.read('events', partition, from, to, signal)) {
        for (const record of records) {
          const event = wanted.has(record.offset) ? placedEvent(record, partition) : undefined;
          if (event !== undefined) found.push(event);
        }
      }
    });
  }
  return found;
}

/** Rising offsets, cut where much lies between. */
function stretchesOf(offsets: readonly number[]): readonly (readonly number[])[] {
  const stretches: number[][] = [];
  for (const offset of offsets) {
    const last = stretches.at(-1);
    const before = last?.at(-1);
    if (last === undefined || before === undefined || offset - before > GAP_MAX) {
      stretches.push([offset]);
    } else {
      last.push(offset);
    }
  }
  return stretches;
}

function placedEvent(record: LogRecord, partition: number): PlacedEvent | undefined {
  const decoded = decodeEvent(record);
  if (decoded.kind !== 'event') return undefined;
  const { event, position } = decoded;
  return { event, place: { partition, offset: record.offset, epoch: position.epoch } };
}
