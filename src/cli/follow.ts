import { setTimeout as pause } from 'node:timers/promises';
import { type ApiClient, ServerProblem, ServerUnreachable } from '../http/client/api-client.ts';
import type { StreamedEvent } from '../http/client/event-stream.ts';
import type { Event } from '../model/events.ts';
import { isTerminal, type State } from '../model/states.ts';
import type { ExecutionBody } from './api-bodies.ts';
import { CommandEnd, exitCodes } from './exit.ts';
import { executionPath } from './reference.ts';

/** An event as the streams of the API have it. */
export interface StreamedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly event: Event;
}

export interface FollowOptions {
  readonly onEvent: (record: StreamedRecord) => void;
  /** Give up after this; the execution goes on. */
  readonly timeoutMs?: number | undefined;
}

/** A server that restarts is back by then. */
const AWAY_MAX_MS = 30_000;
const AGAIN_MS = 300;
/** A start is answered before the views have its first event. */
const UNSEEN_MAX_MS = 10_000;

/**
 * Follows an execution to its end over restarts of the server: each connection resumes behind the last event.
 *
 * @returns the execution as it ended.
 * @throws CommandEnd `timedOut`, {@link ServerUnreachable} when the server stays away.
 */
export async function followExecution(
  client: ApiClient,
  id: string,
  { onEvent, timeoutMs }: FollowOptions,
): Promise<ExecutionBody> {
  const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const follower = new Follower(client, id, onEvent);
  try {
    for (;;) {
      const ended = await follower.once(signal);
      if (ended !== undefined) return ended;
      await pause(AGAIN_MS, undefined, signal === undefined ? {} : { signal });
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw new CommandEnd(
      exitCodes.timedOut,
      `Execution ${id} still runs; see it with \`millrace executions get ${id}\`.`,
    );
  }
}

class Follower {
  readonly #client: ApiClient;
  readonly #id: string;
  readonly #onEvent: FollowOptions['onEvent'];
  readonly #since = performance.now();
  #lastEventId: string | undefined;
  #awaySince: number | undefined;

  constructor(client: ApiClient, id: string, onEvent: FollowOptions['onEvent']) {
    this.#client = client;
    this.#id = id;
    this.#onEvent = onEvent;
  }

  /** One connection; the ended execution, or undefined when it is worth trying again. */
  async once(signal: AbortSignal | undefined): Promise<ExecutionBody | undefined> {
    const options = signal === undefined ? {} : { signal };
    try {
      await this.#read(signal);
      const path = executionPath(this.#id);
      const execution = await this.#client.request<ExecutionBody>('GET', path, options);
      this.#awaySince = undefined;
      // The API gives the states of model/states.ts.
      return isTerminal(execution.state as State) ? execution : undefined;
    } catch (error) {
      if (signal?.aborted === true || !this.#passes(error)) throw error;
      return undefined;
    }
  }

  async #read(signal: AbortSignal | undefined): Promise<void> {
    const headers: Record<string, string> =
      this.#lastEventId === undefined ? {} : { 'last-event-id': this.#lastEventId };
    const path = `${executionPath(this.#id)}/events`;
    const stream = await this.#client.stream(path, {
      headers,
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      for await (const message of stream) {
        this.#awaySince = undefined;
        this.#lastEventId = message.id ?? this.#lastEventId;
        const record = recordOf(message);
        if (record !== undefined) this.#onEvent(record);
      }
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ServerUnreachable(this.#client.server, error);
    }
  }

  /** Whether the fault is one that time heals. */
  #passes(error: unknown): boolean {
    const now = performance.now();
    if (error instanceof ServerProblem) {
      const unseen = error.status === 404 && this.#lastEventId === undefined;
      return error.status === 503 || (unseen && now - this.#since < UNSEEN_MAX_MS);
    }
    if (!(error instanceof ServerUnreachable)) return false;
    this.#awaySince ??= now;
    return now - this.#awaySince < AWAY_MAX_MS;
  }
}

/** The event in a message; undefined for a snapshot. */
export function recordOf({ event, data }: StreamedEvent): StreamedRecord | undefined {
  if (event === 'snapshot') return undefined;
  // What the server streams beside snapshots.
  return JSON.parse(data) as StreamedRecord;
}
