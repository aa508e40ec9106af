/** The adapters ran the same list: each registers it under its name, whole, and skips nothing. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { topicsAdapters, topicsCases } from './topics.ts';

const folder = import.meta.dirname;
const sources = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
  .filter((source) => /describeTopicsContract\(\s*'/.test(source));

test('the cases have names of their own', () => {
  const names = topicsCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(25);
});

test.each(topicsAdapters)('%s registers the contract once', (adapter) => {
  const registering = sources.filter((source) =>
    new RegExp(`describeTopicsContract\\(\\s*'${adapter}'`).test(source),
  );
  expect(registering).toHaveLength(1);
});

test('no adapter skips or picks cases', () => {
  for (const source of sources) {
    expect(source).not.toMatch(/\.(?:skip|only|todo|skipIf|runIf)\b/);
  }
});
