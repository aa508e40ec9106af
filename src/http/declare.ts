import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { Problem } from './problem.ts';

/**
 * Mounts a route of openapi.ts. The handler answers a plain Response: bodies are
 * built from our own views, and checking them again on every request would cost more than it finds; the tests
 * check them against the declared schemas.
 */
export function declare(
  app: OpenAPIHono,
  route: RouteConfig,
  handler: (context: Context) => Response | Promise<Response>,
  patterns: Readonly<Record<string, string>> = {},
): void {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const pattern = patterns[name];
    return pattern === undefined ? `:${name}` : `:${name}{${pattern}}`;
  });
  app.on(route.method.toUpperCase(), path, handler);
}

/** An answer in JSON, for the OpenAPI document. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** An answer in JSON, or as a stream for whoever wants one ({@link wantsStream}). */
export function jsonOrStream<Schema extends z.ZodType>(description: string, schema: Schema) {
  const stream = { schema: z.string() };
  return {
    description,
    content: { 'application/json': { schema }, 'text/event-stream': stream },
  };
}

/**
 * The query string by a schema.
 *
 * @throws {@link Problem} 400 that names the parameter.
 */
export function queryOf<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
): z.infer<Schema> {
  const queries = context.req.queries();
  const flat = Object.fromEntries(
    Object.entries(queries).map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  );
  const parsed = schema.safeParse(flat);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new Problem(
    400,
    'query-invalid',
    `${where === '' ? 'The query' : where}: ${issue?.message ?? ''}`,
  );
}

/** Whether the client asks for server-sent events. */
export function wantsStream(context: Context): boolean {
  return (context.req.header('accept') ?? '').includes('text/event-stream');
}

/** Where in the loops a task stands. */
export const iterationsSchema = z.array(z.int()).openapi({
  description:
    'Indices (from 0) of the iterations around it, outermost first; empty outside of loops',
});
