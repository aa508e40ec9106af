import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { EndExecution } from '../../model/commands.ts';
import type { Event } from '../../model/events.ts';
import { parseExecutionId, partitionOf } from '../../model/ids.ts';
import { encodeCommand } from '../../records/commands.ts';
import { declare, jsonAnswer } from '../declare.ts';
import { linksOf } from '../finished.ts';
import { readObject } from '../foreign-body.ts';
import { Problem, problemAnswers, unavailable } from '../problem.ts';
import type { HttpServices } from '../services.ts';

/** How long the answer of the execution's owner is waited for. */
const ANSWER_MS = 10_000;

/** `{namespace}/{flow}` has the same form, and a flow may be named `kill`: an id is what tells them apart. */
const EXECUTION_ID = '[0-9a-hjkmnp-tv-z]{26}';

/** Kept with the execution. */
const bodySchema = z.looseObject({ reason: z.string().optional() });

const answerSchema = z
  .object({ executionId: z.string(), state: z.string(), links: z.looseObject({}) })
  .openapi('Ending');

const verbs = ['kill', 'cancel'] as const;
type Verb = (typeof verbs)[number];

const summaries: Readonly<Record<Verb, string>> = {
  kill: 'Interrupt running tasks and end the execution as KILLED',
  cancel: 'Start no further tasks, let running ones end, and end as CANCELLED',
};

const routes = verbs.map((verb) => ({
  verb,
  config: createRoute({
    method: 'post',
    path: `/api/v1/executions/{id}/${verb}`,
    summary: summaries[verb],
    description: 'Answers once the execution’s owner has decided.',
    request: {
      params: z.object({ id: z.string() }),
      body: { content: { 'application/json': { schema: bodySchema } } },
    },
    responses: {
      202: jsonAnswer('Ending', answerSchema),
      ...problemAnswers(400, 404, 409, 413, 422, 503),
    },
  }),
}));

export const endRouteConfigs = routes.map(({ config }) => config);

/** `POST /api/v1/executions/{id}/kill` and `/cancel`. */
export function endRoutes(app: OpenAPIHono, services: HttpServices): void {
  for (const { verb, config } of routes) {
    declare(app, config, (context) => answer(context, services, verb), { id: EXECUTION_ID });
  }
}

async function answer(context: Context, services: HttpServices, verb: Verb): Promise<Response> {
  const text = context.req.param('id') ?? '';
  const id = parseExecutionId(text);
  if (id === undefined) {
    throw new Problem(404, 'execution-not-found', `There is no execution ${text}`);
  }
  const { reason } = await readObject(context, services.options.settings.bodyBytesMax);
  const state = await end(services, {
    type: `execution.${verb}`,
    execution: id,
    ...(typeof reason === 'string' ? { reason } : {}),
  });
  return context.json({ executionId: id, state, links: linksOf(id) }, 202);
}

let requests = 0;

async function end(services: HttpServices, command: EndExecution): Promise<string> {
  const { options, starter, producer } = services;
  requests += 1;
  const request = String(requests);
  const start = starter.originOf(command.execution);
  const answer = Promise.withResolvers<Event | undefined>();
  const stop = options.indexer.tail.listen(command.execution, (event) => {
    // A command that Millrace failed on is answered as well: its cause is another, the address the same.
    const replyTo = 'replyTo' in event.cause ? event.cause.replyTo : undefined;
    if (replyTo?.requester !== starter.incarnation) return;
    if (replyTo.request === request) answer.resolve(event);
  });
  const cancel = options.clock.after(ANSWER_MS, () => {
    answer.resolve(undefined);
  });
  try {
    const record = encodeCommand({
      ...command,
      replyTo: { requester: starter.incarnation, request },
      ...(start === undefined ? {} : { start }),
    });
    const partition = partitionOf(command.execution, options.log.partitions);
    const sent = await producer.send('commands', partition, record, { deadlineMs: ANSWER_MS });
    if (sent.kind !== 'acknowledged') throw unavailable('The log cannot be reached; ask again');
    return stateAfter(await answer.promise);
  } finally {
    stop();
    cancel();
  }
}

function stateAfter(event: Event | undefined): string {
  if (event === undefined) {
    throw unavailable('The request is stored, but no executor has answered yet');
  }
  switch (event.type) {
    case 'command.rejected': {
      const { code, message } = event.rejection;
      throw new Problem(code === 'execution-not-found' ? 404 : 409, code, message);
    }
    case 'command.held':
      return 'CREATED';
    case 'execution.ended':
      return event.state;
    case 'execution.ending':
      return event.mode === 'kill' ? 'KILLING' : 'RUNNING';
    default:
      return 'RUNNING';
  }
}
