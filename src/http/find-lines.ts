import type { ExecutionId } from '../model/ids.ts';
import type { LogLineView } from '../ports/views.ts';
import type { HttpServices } from './services.ts';

/** Lines that one request looks at: it must not hold the process. */
const LOOKED_AT_MAX = 10_000;
const LINES_PAGE = 1_000;

export interface LineSearch {
  /** An offset: lines behind it. */
  readonly after: number;
  readonly limit: number;
  readonly isWanted: (line: LogLineView) => boolean;
}

/** Lines of an execution in their order. There may be more behind `next`, whether any was found or not. */
export async function findLines(
  { options }: HttpServices,
  id: ExecutionId,
  { after, limit, isWanted }: LineSearch,
): Promise<{ readonly lines: readonly LogLineView[]; readonly next?: number }> {
  const found: LogLineView[] = [];
  let reached = after;
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += LINES_PAGE) {
    const page = await options.views.logLines(id, { after: reached, limit: LINES_PAGE });
    for (const line of page) {
      reached = line.offset;
      if (isWanted(line)) found.push(line);
      if (found.length === limit) return { lines: found, next: reached };
    }
    if (page.length < LINES_PAGE) return { lines: found };
    await options.clock.yield();
  }
  return { lines: found, next: reached };
}
