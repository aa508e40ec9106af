import type { Context } from 'hono';
import { isTerminal } from '../model/states.ts';
import type { ExecutionView, LogLineView } from '../ports/views.ts';
import { viewOf } from './execution-reader.ts';
import type { HttpServices } from './services.ts';
import type { StreamMessage } from './sse.ts';

/** How long after an execution's end its lines are waited for, since the last of them. */
const QUIET_MS = 250;
const LINES_PAGE = 1_000;

/** A line as a stream and a list give it. */
export type LineBody = (line: LogLineView) => unknown;

/**
 * The log of an execution as it is written; ends with the execution. The id of a message is the line's offset
 * in the log, so a client that comes back with `Last-Event-ID` misses nothing and gets nothing twice.
 *
 * Lines and events come by different topics: the end of the execution may be read before its last lines.
 */
export async function streamLog(
  context: Context,
  services: HttpServices,
  { id }: ExecutionView,
  body: LineBody,
): Promise<Response> {
  const { indexer, clock } = services.options;
  return services.streams.answer(context, async (send, end) => {
    const lines = new Lines(resumeOffset(context.req.header('last-event-id')), send, body);
    let cancel = (): void => undefined;
    let isOver = false;
    const endWhenQuiet = (): void => {
      cancel();
      cancel = clock.after(QUIET_MS, end);
    };
    const stops = [
      indexer.lines.listen(id, (line) => {
        lines.add(line);
        if (isOver) endWhenQuiet();
      }),
      indexer.tail.listen(id, (event) => {
        if (event.type !== 'execution.ended') return;
        isOver = true;
        endWhenQuiet();
      }),
      () => {
        cancel();
      },
    ];
    const stop = (): void => {
      for (const each of stops) each();
    };
    try {
      const view = await viewOf(services, id);
      await lines.sendOld(services, id);
      if (view !== undefined && isTerminal(view.state)) endWhenQuiet();
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  });
}

/** What comes while the old lines are read is held; offsets decide what of it is new. */
class Lines {
  readonly #send: (message: StreamMessage) => void;
  readonly #body: LineBody;
  #after: number;
  #held: LogLineView[] | undefined = [];

  constructor(after: number, send: (message: StreamMessage) => void, body: LineBody) {
    this.#after = after;
    this.#send = send;
    this.#body = body;
  }

  add(line: LogLineView): void {
    if (this.#held === undefined) this.#pass(line);
    else this.#held.push(line);
  }

  async sendOld({ options }: HttpServices, id: ExecutionView['id']): Promise<void> {
    for (;;) {
      const range = { after: this.#after, limit: LINES_PAGE };
      const lines = await options.views.logLines(id, range);
      for (const line of lines) this.#pass(line);
      if (lines.length < LINES_PAGE) break;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const line of held) this.#pass(line);
  }

  #pass(line: LogLineView): void {
    if (line.offset <= this.#after) return;
    this.#after = line.offset;
    this.#send({ id: String(line.offset), event: 'line', data: this.#body(line) });
  }
}

function resumeOffset(id: string | undefined): number {
  return /^\d{1,15}$/.test(id ?? '') ? Number(id) : -1;
}
