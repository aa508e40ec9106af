import type { OpenAPIHono } from '@hono/zod-openapi';
import { isTerminal } from '../../model/states.ts';
import { findExecution } from '../execution-reader.ts';
import { shownRuns } from '../shown-runs.ts';
import { freshViews, type HttpServices } from '../services.ts';
import { executionPage } from './execution.ts';
import { layout, pagePolicy } from './layout.ts';
import { overviewPage } from './overview.ts';
import { styleSheet } from './style.ts';

const EXECUTIONS_SHOWN = 50;
const LINES_SHOWN = 500;
const REFRESH_SECONDS = 2;

/** The plain page at `/`, and one execution at `/executions/{id}`. */
export function pageRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { options } = services;
  app.get('/style.css', (context) => {
    context.header('content-type', 'text/css; charset=utf-8');
    context.header('cache-control', 'max-age=60');
    return context.body(styleSheet);
  });
  app.get('/', async (context) => {
    pagePolicy(context);
    await freshViews(services);
    const { rows } = await options.views.executions({ limit: EXECUTIONS_SHOWN });
    const body = overviewPage(options.flows.registry.list(), rows, options.clock.now());
    return context.html(layout('flows and executions', body, REFRESH_SECONDS));
  });
  app.get('/executions/:id', async (context) => {
    pagePolicy(context);
    const view = await findExecution(services, context.req.param('id'));
    const runs = await shownRuns(options.views, view.id, 0);
    const lines = await options.views.logLines(view.id, { limit: LINES_SHOWN });
    const refresh = isTerminal(view.state) ? undefined : REFRESH_SECONDS;
    const body = executionPage(view, runs, lines, options.clock.now());
    return context.html(layout(`${view.flow} · ${view.id}`, body, refresh));
  });
}
