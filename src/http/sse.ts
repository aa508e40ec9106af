import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { limits } from '../model/limits.ts';
import { Problem } from './problem.ts';

/** Comments on an idle stream, so that proxies keep it and a gone client is noticed. */
const HEARTBEAT_MS = 15_000;

/** One message of a stream; `id` is where a client resumes. */
export interface StreamMessage {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

type Begin = (send: (message: StreamMessage) => void, end: () => void) => Promise<() => void>;

/**
 * The streams of this process: bounded in number, and ended when the process stops, since a stream would hold
 * the last request open for as long as somebody looks on. Clients resume elsewhere by `Last-Event-ID`.
 */
export class OpenStreams {
  readonly #ends = new Set<() => void>();
  #open = 0;
  #closed = false;

  /**
   * Server-sent events from a source that calls back. Messages wait in memory only while the client is slower
   * than the source; a client that lets too many wait is cut off and resumes by `Last-Event-ID`.
   *
   * @param begin starts the source; it is given `send` and `end`, and returns how to stop.
   * @throws {@link Problem} 503 when as many streams are open as may be, or the process stops.
   */
  answer(context: Context, begin: Begin): Response {
    if (this.#closed || this.#open >= limits.openStreams.value) {
      throw new Problem(503, 'streams-full', 'This process has as many open streams as it may', {
        retryAfterSeconds: 5,
      });
    }
    this.#open += 1;
    context.header('x-accel-buffering', 'no');
    return streamSSE(context, async (stream) => {
      try {
        await pump(stream, begin, this.#ends);
      } finally {
        this.#open -= 1;
      }
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }
}

const WAITING_MAX = 10_000;

async function pump(stream: SSEStreamingApi, begin: Begin, ends: Set<() => void>): Promise<void> {
  const waiting: StreamMessage[] = [];
  let over = false;
  let wake: () => void = () => undefined;
  const end = (): void => {
    over = true;
    wake();
  };
  stream.onAbort(end);
  ends.add(end);
  let stop: () => void = () => undefined;
  try {
    stop = await begin((message) => {
      if (waiting.length >= WAITING_MAX) end();
      else waiting.push(message);
      wake();
    }, end);
    // The head of the answer goes out with its first bytes: a client learns that it is connected.
    await stream.write(': open\n\n');
    for (;;) {
      const message = waiting.shift();
      if (message !== undefined) await write(stream, message);
      else if (over) return;
      else if (!(await woken((call) => (wake = call)))) await stream.write(': still here\n\n');
      if (stream.aborted) return;
    }
  } finally {
    stop();
    ends.delete(end);
  }
}

async function write(stream: SSEStreamingApi, { id, event, data }: StreamMessage): Promise<void> {
  await stream.writeSSE({
    event,
    data: JSON.stringify(data),
    ...(id === undefined ? {} : { id }),
  });
}

/** True when called, false when a heartbeat is due. */
async function woken(register: (call: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, HEARTBEAT_MS);
    register(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
