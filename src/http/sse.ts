/**
 * Server-sent events from sources that call back.
 *
 * A source is begun before the answer: what it cannot give is then a status, not a stream that breaks. What it
 * sends waits in memory while the client is slower; a client that lets too much wait is cut off behind the last
 * message that it was sent, and resumes there by `Last-Event-ID`. Streams end when their source ends, the client
 * goes, or the process stops: a stream would hold the last request open for as long as somebody looks on.
 */
import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { limits } from '../model/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { Problem } from './problem.ts';

/** Comments on an idle stream, so that proxies keep it and a gone client is noticed. */
export const HEARTBEAT_MS = 15_000;

/** Messages that may wait for a client. */
const WAITING_MAX = 10_000;

/** One message of a stream; `id` is where a client resumes. */
export interface StreamMessage {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

/** Starts a source; it is given how to send and how to end, and returns how to stop it. */
export type Begin = (
  send: (message: StreamMessage) => void,
  end: () => void,
) => Promise<() => void> | (() => void);

/** What waits for one client. */
class Outbox {
  readonly #clock: Clock;
  #waiting: StreamMessage[] = [];
  #over = false;
  #wake: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly send = (message: StreamMessage): void => {
    // Nothing after the end, or the client would miss what lay between.
    if (this.#over) return;
    if (this.#waiting.length >= WAITING_MAX) return this.end();
    this.#waiting.push(message);
    this.#wake();
  };

  readonly end = (): void => {
    this.#over = true;
    this.#wake();
  };

  /** All that waits; nothing when a heartbeat is due, undefined at the end. */
  async take(): Promise<readonly StreamMessage[] | undefined> {
    if (this.#waiting.length === 0 && !this.#over) await this.#woken();
    if (this.#waiting.length === 0 && this.#over) return undefined;
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(HEARTBEAT_MS, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

export class OpenStreams {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ends = new Set<() => void>();
  #closed = false;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * @throws {@link Problem} 503 when as many streams are open as may be, or the process stops; what `begin`
   *   throws.
   */
  async answer(context: Context, begin: Begin): Promise<Response> {
    if (this.#closed || this.#ends.size >= limits.openStreams.value) {
      throw new Problem(503, 'streams-full', 'This process has as many open streams as it may', {
        retryAfterSeconds: 5,
      });
    }
    const outbox = new Outbox(this.#clock);
    this.#ends.add(outbox.end);
    let stop: () => void;
    try {
      stop = await begin(outbox.send, outbox.end);
    } catch (error) {
      this.#ends.delete(outbox.end);
      throw error;
    }
    context.header('x-accel-buffering', 'no');
    return streamSSE(context, async (stream) => {
      try {
        await pump(stream, outbox);
      } catch (error) {
        this.#logger.warn({ err: error, path: context.req.path }, 'A stream broke');
      } finally {
        stop();
        this.#ends.delete(outbox.end);
      }
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }
}

async function pump(stream: SSEStreamingApi, outbox: Outbox): Promise<void> {
  stream.onAbort(outbox.end);
  // The head of the answer goes out with its first bytes: a client learns that it is connected.
  await stream.write(': open\n\n');
  for (;;) {
    const messages = await outbox.take();
    if (messages === undefined || stream.aborted) return;
    if (messages.length === 0) await stream.write(': still here\n\n');
    for (const message of messages) await write(stream, message);
  }
}

async function write(stream: SSEStreamingApi, { id, event, data }: StreamMessage): Promise<void> {
  if (stream.aborted) return;
  await stream.writeSSE({
    event,
    data: JSON.stringify(data),
    ...(id === undefined ? {} : { id }),
  });
}
