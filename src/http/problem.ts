import type { Context } from 'hono';
import { z } from '@hono/zod-openapi';
import type { JsonObject } from '../support/json.ts';
import type { RefusalKind, StartRefused } from '../trigger/start-refused.ts';

/**
 * An answer that is no success, as RFC 9457 writes it: `type` names the code's page, `code` is stable for
 * programs, `detail` says what is wrong and what to do.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ProblemStatus;
  readonly code: string;
  /** Further members of the body. */
  readonly members: JsonObject;
  readonly retryAfterSeconds: number | undefined;
  /** Of 405: the header that names the methods. */
  readonly allow: string | undefined;

  constructor(status: ProblemStatus, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail, options);
    this.status = status;
    this.code = code;
    this.members = options.members ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.allow = options.allow;
  }
}

export interface ProblemOptions extends ErrorOptions {
  readonly members?: JsonObject;
  readonly retryAfterSeconds?: number;
  readonly allow?: string;
}

export type ProblemStatus =
  400 | 401 | 403 | 404 | 405 | 409 | 410 | 412 | 413 | 422 | 429 | 500 | 503;

const titles: Readonly<Record<ProblemStatus, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition failed',
  413: 'Content too large',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Service unavailable',
};

/** The body's schema, for the OpenAPI document. */
export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
  })
  .openapi('Problem');

export const problemContent = {
  'application/problem+json': { schema: problemSchema },
} as const;

/** The answers that any route may give, for the OpenAPI document. */
export function problemAnswers<const Status extends ProblemStatus>(
  ...statuses: readonly Status[]
): Record<Status, { description: string; content: typeof problemContent }> {
  const entries = statuses.map((status) => [
    status,
    { description: titles[status], content: problemContent },
  ]);
  // fromEntries loses the keys' type, which are the statuses given.
  return Object.fromEntries(entries) as Record<
    Status,
    { description: string; content: typeof problemContent }
  >;
}

export function answerProblem(context: Context, problem: Problem): Response {
  const { status, code, message, members, retryAfterSeconds, allow } = problem;
  if (allow !== undefined) context.header('allow', allow);
  if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds));
  const body = {
    ...members,
    type: `https://millrace.dev/problems/${code}`,
    title: titles[status],
    status,
    code,
    detail: message,
  };
  context.header('content-type', 'application/problem+json');
  return context.body(JSON.stringify(body), status);
}

export function unavailable(detail: string): Problem {
  return new Problem(503, 'log-unavailable', detail, { retryAfterSeconds: 2 });
}

const statuses: Readonly<Record<RefusalKind, ProblemStatus>> = {
  invalid: 422,
  'too-large': 413,
  busy: 429,
  unavailable: 503,
  fault: 500,
};

/** When it is worth asking again, s. */
const retryAfter: Readonly<Partial<Record<RefusalKind, number>>> = { busy: 1, unavailable: 2 };

/** What a start's refusal is to whoever asked for it over HTTP. */
export function problemOfRefusal(refusal: StartRefused): Problem {
  const { kind, code, message, members } = refusal;
  const retryAfterSeconds = retryAfter[kind];
  return new Problem(statuses[kind], code, message, {
    cause: refusal,
    members,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
