import type { Context } from 'hono';
import { isTerminal } from '../model/states.ts';
import type { ExecutionView } from '../ports/views.ts';
import { eventsOf, findExecution, type PlacedEvent } from './execution-reader.ts';
import { executionBody } from './routes/executions.ts';
import type { HttpServices } from './services.ts';
import type { StreamMessage } from './sse.ts';

/**
 * A snapshot of an execution, then its events behind `Last-Event-ID`. The listener is registered before the
 * snapshot is taken and holds what comes meanwhile; offsets decide what is new, so nothing is missing and
 * nothing comes twice.
 */
export async function streamExecution(
  context: Context,
  services: HttpServices,
  { id }: ExecutionView,
): Promise<Response> {
  const resumeAfter = resumeOffset(context.req.header('last-event-id'));
  return services.streams.answer(context, async (send, end) => {
    let sentUpTo = resumeAfter;
    let held: PlacedEvent[] | undefined = [];
    const pass = (placed: PlacedEvent): void => {
      const { event, place } = placed;
      if (place.offset <= sentUpTo) return;
      sentUpTo = place.offset;
      send(messageOf(placed));
      if (event.type === 'execution.ended') end();
    };
    const stop = services.options.indexer.tail.listen(id, (event, place) => {
      if (held === undefined) pass({ event, place });
      else held.push({ event, place });
    });
    try {
      const view = await findExecution(services, id);
      const readTo = view.eventOffsets.at(-1);
      send({ event: 'snapshot', data: { ...executionBody(view), readTo } });
      const missed = view.eventOffsets.filter((offset) => offset > resumeAfter);
      for (const placed of await eventsOf(services, id, missed)) pass(placed);
      for (const placed of held) pass(placed);
      held = undefined;
      if (isTerminal(view.state)) end();
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  });
}

/** The offset of `<offset>.<epoch>`; -1 for none. */
function resumeOffset(id: string | undefined): number {
  const offset = Number(/^(\d{1,15})\.\d+$/.exec(id ?? '')?.[1] ?? -1);
  return Number.isSafeInteger(offset) ? offset : -1;
}

function messageOf({ event, place }: PlacedEvent): StreamMessage {
  return { id: `${place.offset}.${place.epoch}`, event: event.type, data: { ...place, event } };
}
