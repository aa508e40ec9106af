/** The adapters ran the same list: each registers it under its name, whole, and skips nothing. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { logAdapters, logCases } from './log.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
const sources = files
  .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
  .filter((source) => /describeLogContract\(\s*'/.test(source));

test('the cases have names of their own', () => {
  const names = logCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(50);
});

test.each(logAdapters)('%s registers the contract once', (adapter) => {
  const registering = sources.filter((source) =>
    new RegExp(`describeLogContract\\(\\s*'${adapter}'`).test(source),
  );
  expect(registering).toHaveLength(1);
});

test('no adapter skips or picks cases', () => {
  for (const source of sources) {
    expect(source).not.toMatch(/\.(?:skip|only|todo|skipIf|runIf)\b/);
  }
});
