import { type ApiClient, ServerProblem } from '../http/client/api-client.ts';
import type { StreamedEvent } from '../http/client/event-stream.ts';
import type { Event } from '../model/events.ts';
import { isTerminal, type State } from '../model/states.ts';
import type { ExecutionBody } from './api-bodies.ts';
import { CommandEnd, exitCodes } from './exit.ts';
import { failureText } from './format/execution.ts';
import { Patience } from './patience.ts';
import { executionPath } from './reference.ts';

/** An event as the streams of the API have it. */
export interface StreamedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly event: Event;
}

export interface FollowOptions {
  readonly onEvent: (record: StreamedRecord) => void;
  /** Told once when the server goes away, and is waited for. */
  readonly say: (text: string) => void;
  /** Give up after this; the execution goes on. */
  readonly timeoutMs?: number | undefined;
}

/** A start is answered before the views have its first event. */
const UNSEEN_MAX_MS = 10_000;
const NOT_FOUND = 404;

/**
 * Follows an execution to its end over restarts of the server: each connection resumes behind the last event.
 *
 * @returns the execution as it ended.
 * @throws CommandEnd `timedOut`, ServerUnreachable when the server stays away.
 */
export async function followExecution(
  client: ApiClient,
  id: string,
  { onEvent, say, timeoutMs }: FollowOptions,
): Promise<ExecutionBody> {
  const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const patience = new Patience(say);
  const follower = new Follower(client, id, onEvent, patience);
  try {
    for (;;) {
      const ended = await follower.once(signal).catch(async (error: unknown) => {
        if (follower.isUnseen(error)) return patience.again(signal);
        return patience.after(error, signal);
      });
      if (ended !== undefined) return ended;
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
  readonly #patience: Patience;
  readonly #since = performance.now();
  #lastEventId: string | undefined;

  constructor(
    client: ApiClient,
    id: string,
    onEvent: FollowOptions['onEvent'],
    patience: Patience,
  ) {
    this.#client = client;
    this.#id = id;
    this.#onEvent = onEvent;
    this.#patience = patience;
  }

  /** One connection; the execution when it has ended. */
  async once(signal: AbortSignal | undefined): Promise<ExecutionBody | undefined> {
    const options = signal === undefined ? {} : { signal };
    await this.#read(options);
    const path = executionPath(this.#id);
    const execution = await this.#client.request<ExecutionBody>('GET', path, options);
    // The API gives the states of model/states.ts.
    if (isTerminal(execution.state as State)) return execution;
    await this.#patience.again(signal);
    return undefined;
  }

  /** The start was accepted a moment ago, and this process's views have not read it yet. */
  isUnseen(error: unknown): boolean {
    const isNew = performance.now() - this.#since < UNSEEN_MAX_MS;
    const isNotFound = error instanceof ServerProblem && error.status === NOT_FOUND;
    return isNotFound && isNew && this.#lastEventId === undefined;
  }

  async #read(options: { readonly signal?: AbortSignal }): Promise<void> {
    const headers: Record<string, string> =
      this.#lastEventId === undefined ? {} : { 'last-event-id': this.#lastEventId };
    const path = `${executionPath(this.#id)}/events`;
    for await (const message of await this.#client.stream(path, { headers, ...options })) {
      this.#patience.there();
      this.#lastEventId = message.id ?? this.#lastEventId;
      const record = recordOf(message);
      if (record !== undefined) this.#onEvent(record);
    }
  }
}

/** Ends that make a command fail which has waited for them; WARNING is a success with a remark. */
const FAILED_STATES = new Set(['FAILED', 'KILLED', 'CANCELLED']);

/** @throws CommandEnd `failed` that says why. */
export function failUnlessSuccessful({ executionId, state, error }: ExecutionBody): void {
  if (!FAILED_STATES.has(state)) return;
  const why = error === null ? '' : `: ${failureText(error)}`;
  throw new CommandEnd(exitCodes.failed, `Execution ${executionId} ${state}${why}`);
}

/** The event in a message; undefined for a snapshot, and for the word that a connection is cut. */
export function recordOf({ event, data }: StreamedEvent): StreamedRecord | undefined {
  if (event === 'snapshot' || event === 'cut') return undefined;
  // What the server streams beside these.
  return JSON.parse(data) as StreamedRecord;
}
