import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import { jsonAnswer } from './declare.ts';
import { endedSchema, startedSchema } from './finished.ts';
import { problemAnswers } from './problem.ts';
import { decisionRouteConfigs } from './routes/decisions.ts';
import { dlqRouteConfigs } from './routes/dlq.ts';
import { endRouteConfigs } from './routes/end.ts';
import { eventRouteConfigs } from './routes/events.ts';
import { executionRouteConfigs } from './routes/executions.ts';
import { flowRouteConfigs } from './routes/flows.ts';
import { startRouteConfigs } from './routes/start.ts';
import { topicRouteConfigs } from './routes/topics.ts';
import { triggerRouteConfigs } from './routes/triggers.ts';

/** Declared here and mounted as one route for any method: a webhook's body is its flow's to judge. */
const webhookRouteConfigs = (['get', 'post', 'put', 'patch', 'delete'] as const).map((method) =>
  createRoute({
    method,
    path: '/api/v1/webhooks/{namespace}/{flow}/{trigger}',
    summary: 'Fire a webhook; any method, and any path behind the trigger',
    description:
      'Who may do so is what the trigger’s `verify` says. Answers 202 once the start is stored, or with `wait` (or the trigger’s property of that name) 200 and the outputs; `{"decision":"filtered"}` when the trigger’s `when` is false.',
    request: {
      params: z.object({ namespace: z.string(), flow: z.string(), trigger: z.string() }),
      query: z.object({ wait: z.string().optional().openapi({ example: '30s' }) }),
      headers: z.object({ 'idempotency-key': z.string().optional() }),
    },
    responses: {
      200: jsonAnswer('Ended', endedSchema),
      202: jsonAnswer(
        'Started, or filtered',
        z.union([startedSchema, z.strictObject({ decision: z.literal('filtered') })]),
      ),
      ...problemAnswers(400, 401, 404, 405, 413, 422, 429, 503),
    },
  }),
);

/** Every route of the API. */
export const apiRouteConfigs: readonly RouteConfig[] = [
  ...startRouteConfigs,
  ...executionRouteConfigs,
  ...eventRouteConfigs,
  ...endRouteConfigs,
  ...flowRouteConfigs,
  ...dlqRouteConfigs,
  ...triggerRouteConfigs,
  ...decisionRouteConfigs,
  ...topicRouteConfigs,
  ...webhookRouteConfigs,
];

const description =
  'Starts executions of flows, shows and ends them, and deploys flows. Whatever is no success is a problem ' +
  '(RFC 9457) with a stable `code`. This version has no authentication and listens on loopback only; requests ' +
  'that name another host or come from another site’s page are refused with 403.';

/** The OpenAPI 3.1 document; what is served, and committed as schemas/openapi.json. */
export function openApiDocument(version: string): object {
  const app = new OpenAPIHono();
  for (const config of apiRouteConfigs) app.openAPIRegistry.registerPath(config);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Millrace', version, description, license: { name: 'Apache-2.0' } },
    servers: [{ url: 'http://127.0.0.1:8484' }],
  });
}
