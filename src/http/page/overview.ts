import { html } from 'hono/html';
import type { FlowDefinition } from '../../flow/definition.ts';
import type { ExecutionView } from '../../ports/views.ts';
import { durationOf, type Html, stateText, timeOf, visible } from './layout.ts';

/** Flows, and the newest executions. */
export function overviewPage(
  flows: readonly FlowDefinition[],
  executions: readonly ExecutionView[],
  nowMs: number,
): Html {
  return html`<section>
      <h2>Flows <span class="quiet">${flows.length}</span></h2>
      ${flows.length === 0 ? noFlows : flowTable(flows)}
    </section>
    <section>
      <h2>Executions <span class="quiet">newest first</span></h2>
      ${executions.length === 0 ? noExecutions : executionTable(executions, nowMs)}
    </section>`;
}

const noFlows = html`<p class="empty">
  No flows yet: <code>millrace apply DIR</code> deploys them.
</p>`;

const noExecutions = html`<p class="empty">
  No executions yet: fire a webhook, or <code>millrace run NAMESPACE/FLOW</code>.
</p>`;

function flowTable(flows: readonly FlowDefinition[]): Html {
  return html`<table>
    <thead>
      <tr>
        <th>flow</th>
        <th class="number">revision</th>
        <th>triggers</th>
        <th class="wide">description</th>
      </tr>
    </thead>
    <tbody>
      ${flows.map(flowRow)}
    </tbody>
  </table>`;
}

function flowRow(flow: FlowDefinition): Html {
  const triggers = flow.triggers.map(
    ({ id, type, disabled }) =>
      html`<span class="chip" title="${type}${disabled ? ', disabled' : ''}">${id}</span> `,
  );
  return html`<tr>
    <td>
      <code>${flow.key}</code> ${flow.disabled ? html`<span class="chip">disabled</span>` : ''}
    </td>
    <td class="number">${flow.revision}</td>
    <td>${triggers}</td>
    <td class="quiet">${visible(flow.description ?? '')}</td>
  </tr>`;
}

function executionTable(executions: readonly ExecutionView[], nowMs: number): Html {
  return html`<table>
    <thead>
      <tr>
        <th>state</th>
        <th>flow</th>
        <th>execution</th>
        <th>by</th>
        <th class="number">started</th>
        <th class="number">took</th>
      </tr>
    </thead>
    <tbody>
      ${executions.map((view) => executionRow(view, nowMs))}
    </tbody>
  </table>`;
}

function executionRow(view: ExecutionView, nowMs: number): Html {
  return html`<tr>
    <td>${stateText(view.state)}</td>
    <td><code>${view.namespace}/${view.flow}</code></td>
    <td>
      <a href="/executions/${view.id}"><code>${view.id}</code></a>
    </td>
    <td class="quiet">${view.trigger.id ?? view.trigger.type}</td>
    <td class="number">${timeOf(view.startedAtMs)}</td>
    <td class="number">${durationOf(view.startedAtMs, view.endedAtMs ?? nowMs)}</td>
  </tr>`;
}
