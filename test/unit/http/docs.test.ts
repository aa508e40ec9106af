/** docs/http-api.md names every route, and every code that an answer can have. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiRouteConfigs } from '../../../src/http/openapi.ts';

const root = join(import.meta.dirname, '../../..');
const docs = readFileSync(join(root, 'docs/http-api.md'), 'utf8');

/** Codes as they are written where a refusal is made: its first text in kebab case. */
function codesIn(pattern: string, made: RegExp): readonly string[] {
  const texts = globSync(pattern, { cwd: root }).map((file) =>
    readFileSync(join(root, file), 'utf8'),
  );
  return texts.flatMap((text) => [...text.matchAll(made)].map(([, code = '']) => code));
}

const codes = new Set([
  ...codesIn('src/http/**/*.ts', /new Problem\(\s*\d+,\s*'([a-z-]+)'/g),
  ...codesIn('src/trigger/*.ts', /new StartRefused\(\s*'[a-z-]+',\s*'([a-z-]+)'/g),
]);

it.each([...codes])('the code %s', (code) => {
  expect(docs).toContain(`\`${code}\``);
});

it('looks at all codes', () => {
  expect(codes.size).toBeGreaterThan(25);
});

it.each(apiRouteConfigs.map(({ method, path }) => [method.toUpperCase(), path]))(
  'the route %s %s',
  (method, path) => {
    const named = path.includes('/webhooks/') ? `any method \`${path}\`` : `\`${method} ${path}\``;
    expect(docs).toContain(named);
  },
);
