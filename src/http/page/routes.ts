import { html } from 'hono/html';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { FlowDefinition } from '../../flow/definition.ts';
import { isTerminal } from '../../model/states.ts';
import type { ExecutionView, LogLineView, TaskRunView } from '../../ports/views.ts';
import { findExecution } from '../execution-reader.ts';
import { freshViews, type HttpServices } from '../services.ts';
import {
  durationOf,
  type Html,
  jsonText,
  layout,
  pagePolicy,
  stateText,
  timeOf,
  visible,
} from './layout.ts';
import { styleSheet } from './style.ts';

const EXECUTIONS_SHOWN = 50;
const ROWS_SHOWN = 500;
const REFRESH_SECONDS = 2;

/** The plain page at `/`, and one execution at `/executions/{id}`. */
export function pageRoutes(app: OpenAPIHono, services: HttpServices): void {
  const { options } = services;
  app.get('/style.css', (context) => {
    context.header('content-type', 'text/css; charset=utf-8');
    context.header('cache-control', 'max-age=3600');
    return context.body(styleSheet);
  });
  app.get('/', async (context) => {
    pagePolicy(context);
    await freshViews(services);
    const { rows } = await options.views.executions({ limit: EXECUTIONS_SHOWN });
    const body = overview(options.flows.registry.list(), rows);
    return context.html(layout('flows and executions', body, REFRESH_SECONDS));
  });
  app.get('/executions/:id', async (context) => {
    pagePolicy(context);
    const view = await findExecution(services, context.req.param('id'));
    const runs = await options.views.taskRuns(view.id, { limit: ROWS_SHOWN });
    const lines = await options.views.logLines(view.id, { limit: ROWS_SHOWN });
    const refresh = isTerminal(view.state) ? undefined : REFRESH_SECONDS;
    return context.html(layout(`execution ${view.id}`, execution(view, runs, lines), refresh));
  });
}

function overview(flows: readonly FlowDefinition[], executions: readonly ExecutionView[]): Html {
  return html`<h2>Flows</h2>
    ${
      flows.length === 0
        ? html`<p class="empty">No flows yet: <code>millrace apply DIR</code> deploys them.</p>`
        : html`<table>
            <tr>
              <th>flow</th>
              <th>revision</th>
              <th>triggers</th>
              <th>description</th>
            </tr>
            ${flows.map(flowRow)}
          </table>`
    }
    <h2>Executions</h2>
    ${
      executions.length === 0
        ? html`<p class="empty">
            No executions yet: fire a webhook, or <code>millrace run NAMESPACE/FLOW</code>.
          </p>`
        : html`<table>
            <tr>
              <th>execution</th>
              <th>flow</th>
              <th>state</th>
              <th>started</th>
              <th>took</th>
            </tr>
            ${executions.map(executionRow)}
          </table>`
    }`;
}

function flowRow(flow: FlowDefinition): Html {
  const triggers = flow.triggers.map(({ id, type }) => `${id} (${type})`).join(', ');
  return html`<tr>
    <td><code>${flow.key}</code></td>
    <td class="number">${flow.revision}</td>
    <td>${triggers}</td>
    <td class="quiet">${visible(flow.description ?? '')}</td>
  </tr>`;
}

function executionRow(view: ExecutionView): Html {
  return html`<tr>
    <td>
      <a href="/executions/${view.id}"><code>${view.id}</code></a>
    </td>
    <td><code>${view.namespace}/${view.flow}</code></td>
    <td>${stateText(view.state)}</td>
    <td class="number">${timeOf(view.startedAtMs)}</td>
    <td class="number">${durationOf(view.startedAtMs, view.endedAtMs)}</td>
  </tr>`;
}

function execution(
  view: ExecutionView,
  runs: readonly TaskRunView[],
  lines: readonly LogLineView[],
): Html {
  return html`<h2>
      <code>${view.namespace}/${view.flow}</code> revision ${view.revision} ·
      ${stateText(view.state)}
    </h2>
    <p class="quiet">
      started ${timeOf(view.startedAtMs)} by ${view.trigger.id ?? view.trigger.type}
      ${view.endedAtMs === null ? '' : html`· took ${durationOf(view.startedAtMs, view.endedAtMs)}`}
    </p>
    ${view.error === null ? '' : html`<pre>${visible(view.error.message)} [${view.error.code}]</pre>`}
    <h2>Tasks</h2>
    <table>
      <tr>
        <th>task</th>
        <th>type</th>
        <th>state</th>
        <th>started</th>
        <th>took</th>
      </tr>
      ${runs.map(taskRow)}
    </table>
    <h2>Log</h2>
    ${
      lines.length === 0
        ? html`<p class="empty">No lines.</p>`
        : html`<pre>
${lines.map((line) => `${timeOf(line.timeMs)} ${line.level.padEnd(5)} ${line.task}: ${visible(line.message)}\n`)}</pre>`
    }
    <h2>Inputs</h2>
    <pre>${jsonText(view.inputs)}</pre>
    <h2>Outputs</h2>
    <pre>${jsonText(view.outputs)}</pre>`;
}

function taskRow(run: TaskRunView): Html {
  const began = run.startedAtMs ?? run.scheduledAtMs ?? run.endedAtMs;
  return html`<tr>
    <td><code>${run.task}</code></td>
    <td class="quiet">${run.taskType}</td>
    <td>${stateText(run.state)}</td>
    <td class="number">${timeOf(began)}</td>
    <td class="number">${durationOf(began, run.endedAtMs)}</td>
  </tr>`;
}
