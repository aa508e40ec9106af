import { html } from 'hono/html';
import type { Failure } from '../../model/failure.ts';
import { taskLabel } from '../../model/iterations.ts';
import type { ExecutionView, LogLineView, TaskRunView } from '../../ports/views.ts';
import { type MoreRow, type RunRow, taskTree } from '../client/task-tree.ts';
import type { ShownRuns } from '../shown-runs.ts';
import { durationOf, type Html, jsonText, stateText, timeOf, visible } from './layout.ts';
import { DEPTH_MAX } from './style.ts';

/** One execution: what it is, its tasks on a common time line, its log, what went in and came out. */
export function executionPage(
  view: ExecutionView,
  { runs, next }: ShownRuns,
  lines: readonly LogLineView[],
  nowMs: number,
): Html {
  const endMs = view.endedAtMs ?? nowMs;
  return html`<section>
      <h2>${stateText(view.state)} <code>${view.namespace}/${view.flow}</code></h2>
      ${facts(view, endMs)} ${view.error === null ? '' : failure(view.error)}
    </section>
    <section>
      <h2>Tasks</h2>
      ${runs.length === 0 ? html`<p class="empty">None has begun.</p>` : taskTable(view, runs, endMs)}
      ${next === undefined ? '' : moreRuns(view)}
    </section>
    <section>
      <h2>Log</h2>
      ${lines.length === 0 ? html`<p class="empty">No lines.</p>` : log(lines)}
    </section>
    <section class="columns">
      <div>
        <h2>Inputs</h2>
        <pre>${jsonText(view.inputs)}</pre>
      </div>
      <div>
        <h2>Outputs</h2>
        <pre>${jsonText(view.outputs)}</pre>
      </div>
    </section>`;
}

function facts(view: ExecutionView, endMs: number): Html {
  const labels = Object.entries(view.labels).map(
    ([name, value]) => html`<span class="chip">${visible(name)}: ${visible(value)}</span> `,
  );
  return html`<dl>
    <div>
      <dt>execution</dt>
      <dd><code>${view.id}</code></dd>
    </div>
    <div>
      <dt>revision</dt>
      <dd>${view.revision}</dd>
    </div>
    <div>
      <dt>started by</dt>
      <dd>${view.trigger.id ?? view.trigger.type}</dd>
    </div>
    <div>
      <dt>started</dt>
      <dd>${timeOf(view.startedAtMs)} UTC</dd>
    </div>
    <div>
      <dt>${view.endedAtMs === null ? 'running for' : 'took'}</dt>
      <dd>${durationOf(view.startedAtMs, endMs)}</dd>
    </div>
    ${
      labels.length === 0
        ? ''
        : html`<div>
            <dt>labels</dt>
            <dd>${labels}</dd>
          </div>`
    }
  </dl>`;
}

function failure({ code, message, taskId, iterations }: Failure): Html {
  const where = taskId === undefined ? '' : `task ${taskLabel(taskId, iterations)}: `;
  return html`<pre class="failure">${where}${visible(message)} [${code}]</pre>`;
}

function taskTable(view: ExecutionView, runs: readonly TaskRunView[], endMs: number): Html {
  return html`<table>
    <thead>
      <tr>
        <th>state</th>
        <th>task</th>
        <th>type</th>
        <th class="wide">time</th>
        <th class="number">started</th>
        <th class="number">took</th>
      </tr>
    </thead>
    <tbody>
      ${taskTree(runs.map((run) => ({ ...run, id: run.ordinal }))).map((row) =>
        row.kind === 'run' ? taskRow(view, row, endMs) : restRow(row),
      )}
    </tbody>
  </table>`;
}

/** A class of the style sheet: tasks stand below their block, further in. */
function indent(depth: number): string {
  return `in-${Math.min(depth, DEPTH_MAX)}`;
}

function restRow({ depth, text }: MoreRow): Html {
  return html`<tr>
    <td></td>
    <td class="quiet ${indent(depth)}" colspan="5">… ${text}</td>
  </tr>`;
}

function moreRuns({ id }: ExecutionView): Html {
  return html`<p class="empty">
    There are more: <code>millrace executions get ${id}</code> shows them.
  </p>`;
}

function taskRow(view: ExecutionView, { run, depth }: RunRow<TaskRunView>, endMs: number): Html {
  const beganMs = run.startedAtMs ?? run.scheduledAtMs ?? run.endedAtMs;
  const error = run.error === null ? '' : visible(run.error.message);
  return html`<tr>
    <td>${stateText(run.state)}</td>
    <td class="${indent(depth)}" title="${error}">
      <code>${taskLabel(run.task, run.iterations)}</code>
      ${run.attempt > 1 ? html`<span class="chip">attempt ${run.attempt}</span>` : ''}
    </td>
    <td class="quiet">${run.taskType}</td>
    <td>
      ${bar(run.state, { beganMs, endedMs: run.endedAtMs ?? endMs }, view.startedAtMs, endMs)}
    </td>
    <td class="number">${timeOf(beganMs)}</td>
    <td class="number">${durationOf(beganMs, run.endedAtMs ?? endMs)}</td>
  </tr>`;
}

/** Narrower would not be seen, percent. */
const BAR_MIN = 0.6;

/** Where the task lies in its execution's time. Drawn, since the content policy allows no styles in elements. */
function bar(
  state: string,
  { beganMs, endedMs }: { readonly beganMs: number | null; readonly endedMs: number },
  fromMs: number,
  toMs: number,
): Html | string {
  if (beganMs === null) return '';
  const percent = (ms: number): number =>
    Math.min(100, Math.max(0, ((ms - fromMs) / Math.max(1, toMs - fromMs)) * 100));
  const x = Math.min(percent(beganMs), 100 - BAR_MIN);
  const width = Math.max(BAR_MIN, percent(endedMs) - x);
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" x="0" y="3.5" width="100" height="1" />
    <rect class="${state}" x="${x.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="8" />
  </svg>`;
}

function log(lines: readonly LogLineView[]): Html {
  return html`<ol class="log">
    ${lines.map(
      (line) =>
        html`<li class="${line.level}">
          <time>${timeOf(line.timeMs).slice(11)}</time> <b>${line.level}</b>
          <code>${taskLabel(line.task, line.iterations)}:</code>
          <span>${visible(line.message)}</span>
        </li>`,
    )}
  </ol>`;
}
