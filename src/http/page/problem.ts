import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Problem } from '../problem.ts';
import { layout, pagePolicy, visible } from './layout.ts';

/** True for a person with a browser; programs get problem+json. */
export function wantsPage(context: Context): boolean {
  const { path, method } = context.req;
  const accepts = context.req.header('accept') ?? '';
  return method === 'GET' && !path.startsWith('/api/') && accepts.includes('text/html');
}

export function problemPage(
  context: Context,
  { status, message }: Problem,
): Response | Promise<Response> {
  pagePolicy(context);
  const body = html`<p class="empty">${visible(message)}</p>
    <p><a href="/">Flows and executions</a></p>`;
  return context.html(layout(`${status}`, body), status);
}
