import type { Context } from 'hono';
import { z } from '@hono/zod-openapi';
import type { ExecutionId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { parseDuration } from '../support/duration.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { Problem } from './problem.ts';
import type { ExecutionEnd, NewStart, Starter } from './starter.ts';

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

/** Milliseconds of `?wait=30s`; undefined when there is none. */
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

export interface EndLookup {
  /** The end of an execution that may have ended before this request, from the views. */
  (execution: ExecutionId): Promise<{ state: string; outputs: Json; error?: Json } | undefined>;
}

export interface StartAndAnswerOptions {
  readonly starter: Starter;
  readonly clock: Clock;
  readonly endOf: EndLookup;
}

/** Starts and answers: 202 once the start is stored; with a wait 200 and the outputs, or 202 + Location. */
export async function startAndAnswer(
  context: Context,
  request: NewStart,
  waitMs: number | undefined,
  { starter, clock, endOf }: StartAndAnswerOptions,
): Promise<Response> {
  if (waitMs === undefined) {
    const { execution, duplicate } = await starter.start(request);
    return answerStarted(context, execution, duplicate);
  }
  const ended = Promise.withResolvers<ExecutionEnd | undefined>();
  const { execution, duplicate } = await starter.start(request, ended.resolve);
  if (duplicate) {
    const end = await endOf(execution);
    if (end !== undefined) return answerEnd(context, execution, end);
  }
  const cancel = clock.after(waitMs, () => {
    ended.resolve(undefined);
  });
  const end = await ended.promise;
  cancel();
  if (end !== undefined) {
    const { state, outputs, error } = end;
    return answerEnd(context, execution, {
      state,
      outputs,
      // A failure is plain data.
      ...(error === undefined ? {} : { error: error as unknown as JsonObject }),
    });
  }
  context.header('location', linksOf(execution).self);
  return answerStarted(context, execution, duplicate);
}

function answerStarted(context: Context, execution: ExecutionId, duplicate: boolean): Response {
  const body = {
    executionId: execution,
    state: 'CREATED',
    ...(duplicate ? { duplicate } : {}),
    links: linksOf(execution),
  };
  return context.json(body, 202);
}

function answerEnd(
  context: Context,
  execution: ExecutionId,
  { state, outputs, error }: { state: string; outputs: Json; error?: Json },
): Response {
  const body = {
    executionId: execution,
    state,
    outputs,
    ...(error === undefined ? {} : { error }),
  };
  return context.json(body, 200);
}
