/** The committed document is what is served, and leaves no route out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttp } from '../../../src/http/server.ts';
import { present } from '../../../src/support/assert.ts';
import { TriggerBoard } from '../../../src/trigger/trigger-board.ts';
import { startApi, type StartedApi } from './started-api.ts';

let api: StartedApi;

beforeAll(async () => {
  api = await startApi();
});

afterAll(() => api.close());

interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary?: string }>>>>;
}

const file = join(import.meta.dirname, '../../../schemas/openapi.json');
// The file that the first test holds against what is served.
const committed = JSON.parse(readFileSync(file, 'utf8')) as Document;

it('is served as it is committed', async () => {
  const { body } = await api.call('GET', '/api/openapi.json');
  const version = '0.0.0-test';
  expect(body).toEqual({ ...committed, info: { ...committed.info, version } });
});

it('has every route of the API, and no other', async () => {
  const { shells, ports } = api;
  const { app } = createHttp({
    ...ports,
    views: present(ports.views, 'views'),
    // Nobody is answered by this one: only its routes are looked at.
    indexer: {
      tail: neverHeard,
      lines: { ...neverHeard, onReached: () => () => undefined },
      nextStart: () => 0,
      flush: async () => undefined,
    },
    flows: shells.flows,
    catalog: shells.catalog,
    board: new TriggerBoard(ports),
    topics: () => Promise.reject(new Error('nobody asks')),
    settings: { host: '127.0.0.1', port: 0, bodyBytesMax: 1, startsUnfinishedMax: 1 },
    readiness: () => undefined,
    globals: {},
    version: '0',
  });
  const mounted = app.routes
    .filter(({ path, method }) => path.startsWith('/api/v1/') && method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\}+)?/g, '{$1}')}`);
  const described = Object.entries(committed.paths).flatMap(([path, operations]) =>
    path.includes('/webhooks/')
      ? []
      : Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...new Set(mounted)].sort()).toEqual(described.sort());
  expect(Object.keys(committed.paths).some((path) => path.includes('/webhooks/'))).toBe(true);
});

const neverHeard = { listen: () => () => undefined, listenAll: () => () => undefined };

it('says of each what it is for', () => {
  for (const [path, operations] of Object.entries(committed.paths)) {
    for (const { summary } of Object.values(operations)) expect(summary, path).toMatch(/^[A-Z]/);
  }
});
