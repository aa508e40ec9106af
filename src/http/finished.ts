import type { Context } from 'hono';
import { z } from '@hono/zod-openapi';
import type { ExecutionId } from '../model/ids.ts';
import { isTerminal } from '../model/states.ts';
import { parseDuration } from '../support/duration.ts';
import type { Json, JsonObject } from '../support/json.ts';
import type { ExecutionEnd, NewStart, Started } from '../trigger/starter.ts';
import { viewOf, wholeOutputs } from './execution-reader.ts';
import { Problem } from './problem.ts';
import type { HttpServices } from './services.ts';

/** The longest that a request may wait for its execution. */
const WAIT_MAX_MS = 5 * 60_000;

export const linksSchema = z.object({ self: z.string(), events: z.string(), logs: z.string() });

/** 202: started, and not waited for (or not long enough). */
export const startedSchema = z
  .object({
    executionId: z.string(),
    state: z.string(),
    duplicate: z.boolean().optional(),
    links: linksSchema,
  })
  .openapi('Started');

/** 200: the execution has ended. */
export const endedSchema = z
  .object({
    executionId: z.string(),
    state: z.string(),
    outputs: z.unknown(),
    error: z.unknown().optional(),
  })
  .openapi('Ended');

export function linksOf(execution: ExecutionId): z.infer<typeof linksSchema> {
  const self = `/api/v1/executions/${execution}`;
  return { self, events: `${self}/events`, logs: `${self}/logs` };
}

/**
 * Milliseconds of `?wait=30s`; undefined when there is none.
 *
 * @throws {@link Problem} 400.
 */
export function waitOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const waitMs = parseDuration(text);
  if (waitMs === undefined || waitMs > WAIT_MAX_MS) {
    throw new Problem(
      400,
      'wait-invalid',
      `wait must be a duration up to 5m, such as 30s: ${text}`,
    );
  }
  return waitMs;
}

/** How an execution ended. */
interface End {
  readonly state: string;
  readonly outputs: Json;
  readonly error?: Json;
}

export interface AnswerOptions {
  readonly waitMs: number | undefined;
  /** Called once the start is stored, also when it was there before. */
  readonly onStarted?: (started: Started) => void;
}

/**
 * Starts and answers: 202 once the start is stored; with a wait 200 and the outputs, or 202 + Location.
 *
 * @throws StartRefused as `Starter.start`.
 */
export async function startAndAnswer(
  context: Context,
  request: NewStart,
  { waitMs, onStarted }: AnswerOptions,
  services: HttpServices,
): Promise<Response> {
  if (waitMs === undefined) {
    const started = await services.starter.start(request);
    onStarted?.(started);
    return answerStarted(context, started);
  }
  const ended = Promise.withResolvers<End | undefined>();
  // It may be rejected before anybody looks at it.
  ended.promise.catch(() => undefined);
  const started = await services.starter.start(request, {
    onEnd: (end) => {
      ended.resolve(endOf(end));
    },
    onRejected: ended.reject,
  });
  onStarted?.(started);
  try {
    const past = started.duplicate ? await pastEnd(services, started.execution) : undefined;
    const end = past ?? (await inTime(ended, waitMs, context.req.raw.signal, services));
    if (end !== undefined) return context.json({ executionId: started.execution, ...end }, 200);
  } finally {
    started.stopWaiting();
  }
  context.header('location', linksOf(started.execution).self);
  return answerStarted(context, started);
}

/** Undefined when the time is up, nobody waits any more, or the process stops. */
async function inTime(
  ended: PromiseWithResolvers<End | undefined>,
  waitMs: number,
  gone: AbortSignal,
  { options, stopping }: HttpServices,
): Promise<End | undefined> {
  const giveUp = (): void => {
    ended.resolve(undefined);
  };
  const cancel = options.clock.after(waitMs, giveUp);
  for (const signal of [gone, stopping]) {
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
  }
  try {
    return await ended.promise;
  } finally {
    cancel();
    for (const signal of [gone, stopping]) signal.removeEventListener('abort', giveUp);
  }
}

/** The end of an execution that may have ended before this request came. */
async function pastEnd(services: HttpServices, id: ExecutionId): Promise<End | undefined> {
  const view = await viewOf(services, id);
  if (view === undefined || !isTerminal(view.state)) return undefined;
  const { state, outputs, error } = await wholeOutputs(services, view);
  return { state, outputs, ...(error === null ? {} : { error: failureJson(error) }) };
}

function endOf({ state, outputs, error }: ExecutionEnd): End {
  return { state, outputs, ...(error === undefined ? {} : { error: failureJson(error) }) };
}

function failureJson(error: NonNullable<ExecutionEnd['error']>): JsonObject {
  // A failure is plain data.
  return error as unknown as JsonObject;
}

function answerStarted(context: Context, { execution, duplicate }: Started): Response {
  const body = {
    executionId: execution,
    state: 'CREATED',
    ...(duplicate ? { duplicate } : {}),
    links: linksOf(execution),
  };
  return context.json(body, 202);
}
