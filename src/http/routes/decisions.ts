import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Decision } from '../../model/records.ts';
import { triggerKey } from '../../model/triggers.ts';
import { decisionKey } from '../../records/decisions.ts';
import { partitionOfTrigger } from '../../records/triggers.ts';
import { declare, jsonAnswer, queryOf } from '../declare.ts';
import { type DecisionsQuery, readDecisions } from '../decision-reader.ts';
import { Problem, problemAnswers } from '../problem.ts';
import { parseReached } from '../reached.ts';
import type { HttpServices } from '../services.ts';

const LIMIT_MAX = 1_000;

const page = z.object({
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100),
  after: z.string().max(2_000).optional().openapi({ description: 'The `cursor` of an answer.' }),
});

const filter = page.extend({
  namespace: z.string().optional(),
  flow: z.string().optional(),
  reason: z.string().optional(),
});

const decisionSchema = z
  .object({
    namespace: z.string(),
    flow: z.string(),
    trigger: z.string().nullable(),
    reason: z.string(),
    message: z.string(),
    origin: z.object({ topic: z.string(), partition: z.int(), offset: z.int() }),
    time: z.string(),
    count: z
      .int()
      .openapi({ description: 'How many alike it stands for; it is the last of them.' }),
  })
  .openapi('Decision');

const bodySchema = z.object({
  decisions: z.array(decisionSchema).openapi({ description: 'Oldest first.' }),
  cursor: z.string().openapi({ description: 'Ask with `after` for what comes later.' }),
});

const answers = {
  200: jsonAnswer('Decisions', bodySchema),
  ...problemAnswers(400, 503),
};

const allRoute = createRoute({
  method: 'get',
  path: '/api/v1/decisions',
  summary: 'Why events started no execution: the newest, or what came after a cursor',
  request: { query: filter },
  responses: answers,
});

const triggerRoute = createRoute({
  method: 'get',
  path: '/api/v1/triggers/{namespace}/{flow}/{trigger}/decisions',
  summary: 'Why events of one trigger started no execution',
  description: 'Also of one that is gone: decisions are kept for a while.',
  request: {
    params: z.object({ namespace: z.string(), flow: z.string(), trigger: z.string() }),
    query: page.extend({ reason: z.string().optional() }),
  },
  responses: answers,
});

export const decisionRouteConfigs = [allRoute, triggerRoute];

export function decisionRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { log } = services.options;
  declare(app, allRoute, (context) => {
    const { namespace, flow, reason, ...rest } = queryOf(context, filter);
    const count = log.partitionCount('decisions');
    return answer(context, services, {
      ...pageOf(rest),
      partitions: Array.from({ length: count }, (_, partition) => partition),
      wanted: (decision) =>
        (namespace === undefined || decision.namespace === namespace) &&
        (flow === undefined || decision.flow === flow) &&
        (reason === undefined || decision.reason === reason),
    });
  });
  declare(app, triggerRoute, (context) => {
    const { reason, ...rest } = queryOf(context, page.extend({ reason: z.string().optional() }));
    const { namespace = '', flow = '', trigger = '' } = context.req.param();
    const key = triggerKey({ namespace, flow, trigger });
    return answer(context, services, {
      ...pageOf(rest),
      partitions: [partitionOfTrigger(key, log.partitionCount('decisions'))],
      wanted: (decision) =>
        decisionKey(decision) === key && (reason === undefined || decision.reason === reason),
    });
  });
}

async function answer(
  context: Context,
  services: HttpServices,
  query: DecisionsQuery,
): Promise<Response> {
  const { decisions, cursor } = await readDecisions(services, query);
  return context.json({ decisions: decisions.map(bodyOf), cursor });
}

function bodyOf({ timeMs, count = 1, ...decision }: Decision): z.infer<typeof decisionSchema> {
  return { ...decision, time: new Date(timeMs).toISOString(), count };
}

/** @throws {@link Problem} 400 for a cursor that is none. */
function pageOf({ limit, after }: z.infer<typeof page>): Pick<DecisionsQuery, 'limit' | 'after'> {
  const reached = parseReached(after);
  if (after !== undefined && reached === undefined) {
    throw new Problem(400, 'cursor-invalid', 'after must be the cursor of an answer');
  }
  return { limit, after: reached };
}
