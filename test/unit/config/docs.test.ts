import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { entriesOf } from '../../../src/config/entries.ts';
import { variableOf } from '../../../src/config/environment.ts';
import { keyTree } from '../../../src/config/key-tree.ts';
import { keys } from '../../../src/config/keys.ts';
import { loadConfig } from '../../../src/config/load.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');

it('the page names every key', () => {
  for (const name of Object.keys(keys)) {
    expect(text).toContain(`\`${name.replaceAll('*', '<name>')}\``);
  }
});

it('the example of the page is a configuration', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(text) ?? [];
  const source = { kind: 'file', name: 'docs' } as const;
  const { entries, problems } = entriesOf(parse(example), keyTree(undefined), {
    sourceAt: () => source,
    folder: '/',
  });
  expect(problems).toEqual([]);
  expect(entries.length).toBeGreaterThan(3);
});

it('the variable of every key is found again', () => {
  const fixed = Object.keys(keys).filter((name) => !name.includes('*'));
  for (const name of fixed) {
    const loaded = loadConfig({ env: { [variableOf(name)]: '?' }, folder: '/nowhere' });
    const known = [...loaded.sources].some(
      ([key, source]) => key === name && source.kind === 'environment',
    );
    const said = loaded.problems.some((problem) => problem.key === name);
    expect(known || said, name).toBe(true);
  }
});
