import type { ApiClient, Query } from '../http/client/api-client.ts';
import type { StreamedEvent } from '../http/client/event-stream.ts';
import { Patience } from './patience.ts';

export interface ResumedStreamOptions {
  readonly query?: Query;
  /** Told once when the server goes away, and is waited for. */
  readonly say: (text: string) => void;
}

/**
 * The messages of a stream over restarts of the server, and over cuts of a slow connection: each connection
 * resumes behind the last message that came. Goes on without end; whoever knows the last message leaves.
 *
 * @throws ServerUnreachable when the server was never there, or stays away; ServerProblem when it refuses.
 */
export async function* resumedStream(
  client: ApiClient,
  path: string,
  { query = {}, say }: ResumedStreamOptions,
): AsyncGenerator<StreamedEvent, never, undefined> {
  const patience = new Patience(say);
  let reached: string | undefined;
  for (;;) {
    const headers: Record<string, string> =
      reached === undefined ? {} : { 'last-event-id': reached };
    try {
      const stream = await client.stream(path, { query, headers });
      patience.there();
      for await (const message of stream) {
        reached = message.id ?? reached;
        if (message.event !== 'cut') yield message;
      }
      await patience.again();
    } catch (error) {
      await patience.after(error);
    }
  }
}
