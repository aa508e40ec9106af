import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { formatDuration } from '../../support/duration.ts';
import type { Json } from '../../support/json.ts';

/** Nothing but our own style sheet; no script at all (S11). */
const policy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The headers of every page. */
export function pagePolicy(context: { header(name: string, value: string): void }): void {
  context.header('content-security-policy', policy);
  context.header('referrer-policy', 'no-referrer');
}

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A whole document; everything put into it is escaped by `html`. */
export function layout(title: string, body: Html, refreshSeconds?: number): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        ${
          refreshSeconds === undefined
            ? ''
            : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`
        }
        <title>${title} · Millrace</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header>
          <h1><a href="/">Millrace</a></h1>
          <span class="quiet">${title}</span>
        </header>
        <main>${body}</main>
      </body>
    </html>`;
}

export function stateText(state: string): Html {
  return html`<span class="state ${state}">${state}</span>`;
}

export function timeOf(timeMs: number | null): string {
  return timeMs === null ? '' : new Date(timeMs).toISOString().replace('T', ' ').slice(0, 23);
}

export function durationOf(fromMs: number | null, toMs: number | null): string {
  return fromMs === null || toMs === null ? '' : formatDuration(Math.max(0, toMs - fromMs));
}

/** JSON for people; control characters (ANSI colours among them) are shown, not obeyed. */
export function jsonText(value: Json): string {
  return visible(JSON.stringify(value, null, 2));
}

export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not reach a terminal or page
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
