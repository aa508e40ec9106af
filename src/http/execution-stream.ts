import type { Context } from 'hono';
import { isTerminal } from '../model/states.ts';
import type { ExecutionView } from '../ports/views.ts';
import { executionBody } from './execution-bodies.ts';
import { eventsOf, findExecution, type PlacedEvent } from './execution-reader.ts';
import { type FollowedSource, Following } from './following.ts';
import type { HttpServices } from './services.ts';
import type { Outlet } from './sse.ts';

/**
 * A snapshot of an execution, then its events behind `Last-Event-ID`; ends with the execution. Offsets decide
 * what is new, so nothing is missing and nothing comes twice, from whichever process it is asked.
 */
export async function streamExecution(
  context: Context,
  services: HttpServices,
  { id }: ExecutionView,
): Promise<Response> {
  const resumeAfter = resumeOffset(context.req.header('last-event-id'));
  return services.streams.answer(context, async (outlet) => {
    const source = new ExecutionFollower(services, id, { outlet, resumeAfter });
    const stop = services.options.indexer.tail.listen(id, (event, place) => {
      source.following.hear({ event, place });
    });
    try {
      await source.following.begin();
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  });
}

/** Events that are read from the log at a time. */
const EVENTS_PAGE = 200;

class ExecutionFollower implements FollowedSource<PlacedEvent> {
  readonly following: Following<PlacedEvent>;
  readonly #services: HttpServices;
  readonly #id: ExecutionView['id'];
  readonly #outlet: Outlet;
  #after: number;
  #view: ExecutionView | undefined;

  constructor(
    services: HttpServices,
    id: ExecutionView['id'],
    { outlet, resumeAfter }: { readonly outlet: Outlet; readonly resumeAfter: number },
  ) {
    this.#services = services;
    this.#id = id;
    this.#outlet = outlet;
    this.#after = resumeAfter;
    this.following = new Following(outlet, this);
  }

  async settle(): Promise<void> {
    const isFirst = this.#view === undefined;
    const view = await findExecution(this.#services, this.#id);
    this.#view = view;
    if (!isFirst) return;
    const readTo = view.eventOffsets.at(-1);
    this.#outlet.send({ event: 'snapshot', data: { ...executionBody(view), readTo } });
  }

  async sendKept(): Promise<boolean> {
    const missed = this.#view?.eventOffsets.filter((offset) => offset > this.#after) ?? [];
    const page = missed.slice(0, EVENTS_PAGE);
    for (const placed of await eventsOf(this.#services, this.#id, page)) this.sendHeard(placed);
    return missed.length > page.length;
  }

  sendHeard(placed: PlacedEvent): void {
    const { event, place } = placed;
    if (place.offset <= this.#after) return;
    this.#after = place.offset;
    const id = `${place.offset}.${place.epoch}`;
    this.#outlet.send({ id, event: event.type, data: { ...place, event } });
    if (event.type === 'execution.ended') this.#outlet.end();
  }

  onLive(): void {
    // Also for a client that has had the end.
    if (this.#view !== undefined && isTerminal(this.#view.state)) this.#outlet.end();
  }
}

/** The offset of `<offset>.<epoch>`; -1 for none. */
function resumeOffset(id: string | undefined): number {
  const offset = Number(/^(\d{1,15})\.\d+$/.exec(id ?? '')?.[1] ?? -1);
  return Number.isSafeInteger(offset) ? offset : -1;
}
