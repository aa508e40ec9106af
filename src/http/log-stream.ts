import type { Context } from 'hono';
import { isTerminal } from '../model/states.ts';
import type { ExecutionView, LogLineView } from '../ports/views.ts';
import { viewOf } from './execution-reader.ts';
import { type FollowedSource, Following } from './following.ts';
import { waitForLastLines } from './last-lines.ts';
import { LineMarks } from './line-marks.ts';
import { freshViews, type HttpServices } from './services.ts';
import type { Outlet } from './sse.ts';

const LINES_PAGE = 1_000;

/** Which lines are wanted, and how a stream shows them. */
export interface LinesWanted {
  readonly isWanted: (line: LogLineView) => boolean;
  readonly body: (line: LogLineView) => unknown;
}

/**
 * The log of an execution as it is written; ends with the execution, and says so by a message `end`. The id of
 * a line is its offset in the log, so a client that comes back with `Last-Event-ID`, to this process or another,
 * misses nothing and gets nothing twice.
 */
export async function streamLog(
  context: Context,
  services: HttpServices,
  { id }: ExecutionView,
  wanted: LinesWanted,
): Promise<Response> {
  const { indexer } = services.options;
  const resumeAfter = resumeOffset(context.req.header('last-event-id'));
  return services.streams.answer(context, async (outlet) => {
    const lines = new LogFollower(services, id, { outlet, wanted, resumeAfter });
    const stops = [
      indexer.lines.listen(id, lines.following.hear),
      indexer.tail.listen(id, (event) => {
        if (event.type === 'execution.ended') lines.endSoon();
      }),
    ];
    const stop = (): void => {
      for (const each of stops) each();
    };
    try {
      await lines.following.begin();
      const view = await viewOf(services, id);
      if (view !== undefined && isTerminal(view.state)) lines.endSoon();
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  });
}

interface LogFollowerOptions {
  readonly outlet: Outlet;
  readonly wanted: LinesWanted;
  readonly resumeAfter: number;
}

class LogFollower implements FollowedSource<LogLineView> {
  readonly following: Following<LogLineView>;
  readonly #services: HttpServices;
  readonly #id: ExecutionView['id'];
  readonly #outlet: Outlet;
  readonly #wanted: LinesWanted;
  readonly #resumeAfter: number;
  readonly #marks = new LineMarks();
  #after: number;
  #isEnding = false;
  /** The last message, once there is nothing more to come. */
  #end: { readonly state: string | null; readonly complete: boolean } | undefined;

  constructor(
    services: HttpServices,
    id: ExecutionView['id'],
    { outlet, wanted, resumeAfter }: LogFollowerOptions,
  ) {
    this.#services = services;
    this.#id = id;
    this.#outlet = outlet;
    this.#wanted = wanted;
    this.#resumeAfter = resumeAfter;
    this.#after = resumeAfter;
    this.following = new Following(outlet, this);
  }

  async settle(): Promise<void> {
    await freshViews(this.#services);
    if (this.#resumeAfter < 0) return;
    // What the client got from another connection is known by its marks: it may be written again.
    const { views } = this.#services.options;
    for (const mark of await views.lineMarks(this.#id, this.#resumeAfter)) this.#marks.add(mark);
  }

  async sendKept(): Promise<boolean> {
    const { views } = this.#services.options;
    const lines = await views.logLines(this.#id, { after: this.#after, limit: LINES_PAGE });
    for (const line of lines) {
      this.#marks.add(line);
      this.#send(line);
    }
    return lines.length === LINES_PAGE;
  }

  sendHeard(line: LogLineView): void {
    const isNew = this.#marks.add(line);
    if (isNew && line.offset > this.#after) this.#send(line);
  }

  onLive(): void {
    if (this.#end === undefined) return;
    this.#outlet.send({ event: 'end', data: this.#end });
    this.#outlet.end();
  }

  /** The execution has ended; its last lines may still be on their way. */
  endSoon(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    waitForLastLines(this.#services, this.#id).then(
      (end) => {
        this.#end = end;
        if (this.following.isLive) this.onLive();
      },
      (error: unknown) => {
        this.#outlet.fail(error);
      },
    );
  }

  #send(line: LogLineView): void {
    this.#after = line.offset;
    if (!this.#wanted.isWanted(line)) return;
    this.#outlet.send({ id: String(line.offset), event: 'line', data: this.#wanted.body(line) });
  }
}

function resumeOffset(id: string | undefined): number {
  return /^\d{1,15}$/.test(id ?? '') ? Number(id) : -1;
}
