/**
 * Server-sent events from sources that call back.
 *
 * A source is begun before the answer: what it cannot give is then a status, not a stream that breaks. What it
 * sends waits in memory while the client is slower. Three things keep that small: a source that can wait does
 * so while the outlet is full; one that cannot is cut off when far too much waits; and so is a client that takes
 * nothing for a minute. Whoever is cut off is told so by a last message, and resumes behind the last one that
 * it got by `Last-Event-ID`. Streams end when their source ends, the client goes, or the process stops: a stream
 * would hold the last request open for as long as somebody looks on.
 */
import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { limits } from '../model/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { type Outlet, Outbox } from './outbox.ts';
import { Problem } from './problem.ts';

export type { Outlet, StreamMessage } from './outbox.ts';

/** Comments on an idle stream, so that proxies keep it and a gone client is noticed. */
export const HEARTBEAT_MS = 15_000;

/** Starts a source; it is given where to send, and returns how to stop it. */
export type Begin = (outlet: Outlet) => Promise<() => void> | (() => void);

export class OpenStreams {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #open = new Set<Outbox>();
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
    if (this.#closed || this.#open.size >= limits.openStreams.value) {
      throw new Problem(503, 'streams-full', 'This process has as many open streams as it may', {
        retryAfterSeconds: 5,
      });
    }
    const outbox = new Outbox((error) => this.#sayBroken(error, context));
    this.#open.add(outbox);
    try {
      outbox.onOver(await begin(outbox));
    } catch (error) {
      this.#open.delete(outbox);
      outbox.end();
      throw error;
    }
    context.header('x-accel-buffering', 'no');
    return streamSSE(context, async (stream) => {
      try {
        await this.#pump(stream, outbox);
      } catch (error) {
        this.#sayBroken(error, context);
      } finally {
        outbox.end();
        this.#open.delete(outbox);
      }
    });
  }

  close(): void {
    this.#closed = true;
    for (const outbox of this.#open) outbox.end();
  }

  async #pump(stream: SSEStreamingApi, outbox: Outbox): Promise<void> {
    stream.onAbort(outbox.end);
    // The head of the answer goes out with its first bytes: a client learns that it is connected.
    await stream.write(': open\n\n');
    for (;;) {
      const text = outbox.take() ?? (await this.#woken(outbox));
      if (text === undefined || stream.aborted) return;
      const cancel = this.#clock.after(limits.streamStalledMs.value, () => {
        outbox.cut('slow', 'nothing was taken for too long');
      });
      await stream.write(text);
      cancel();
    }
  }

  /** The next text, or a heartbeat; undefined when the stream is over. */
  async #woken(outbox: Outbox): Promise<string | undefined> {
    if (outbox.isOver) return undefined;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(HEARTBEAT_MS, resolve);
      outbox.onNext(() => {
        cancel();
        resolve();
      });
    });
    return outbox.take() ?? (outbox.isOver ? undefined : ': still here\n\n');
  }

  #sayBroken(error: unknown, { req }: Context): void {
    this.#logger.warn({ err: error, path: req.path }, 'A stream broke');
  }
}
