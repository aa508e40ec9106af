import type { Context } from 'hono';
import { isTerminal } from '../model/states.ts';
import type { ExecutionView, LogLineView } from '../ports/views.ts';
import type { HttpServices } from './services.ts';

/** How often the views are asked for further lines, ms. */
const LOOK_EVERY_MS = 200;
const LINES_MAX = 1_000;

/** A line as a stream and a list give it. */
export type LineBody = (line: LogLineView) => unknown;

/**
 * The log of an execution as it is written; ends with the execution. The id of a message is the line's offset
 * in the log, so a client that comes back with `Last-Event-ID` misses nothing and gets nothing twice.
 *
 * Lines and events reach the views by different topics: when the execution has ended, lines are looked for
 * once more, since the last of them may come after the end.
 */
export function streamLog(
  context: Context,
  services: HttpServices,
  { id }: ExecutionView,
  body: LineBody,
): Response {
  const { options, streams } = services;
  return streams.answer(context, (send, end) => {
    let after = resumeOffset(context.req.header('last-event-id'));
    let cancel = (): void => undefined;
    let stopped = false;
    const look = async (sawEnd: boolean): Promise<void> => {
      await options.indexer.flush();
      const view = await options.views.execution(id);
      const lines = await options.views.logLines(id, { after, limit: LINES_MAX });
      if (stopped) return;
      for (const line of lines) {
        after = line.offset;
        send({ id: String(line.offset), event: 'line', data: body(line) });
      }
      const isOver = view === undefined || isTerminal(view.state);
      if (sawEnd && isOver && lines.length === 0) end();
      else lookLater(isOver);
    };
    const lookLater = (sawEnd: boolean): void => {
      cancel = options.clock.after(LOOK_EVERY_MS, () => {
        look(sawEnd).catch(end);
      });
    };
    look(false).catch(end);
    return Promise.resolve(() => {
      stopped = true;
      cancel();
    });
  });
}

function resumeOffset(id: string | undefined): number {
  return /^\d{1,15}$/.test(id ?? '') ? Number(id) : -1;
}
