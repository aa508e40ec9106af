/** The rules of docs/STYLE.md and docs/ARCHITECTURE.md that a program can check, see test/tidy/. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { checkBudgets } from './tidy/budgets.ts';
import { PLANTED } from './tidy/planted.ts';
import { PRODUCT_RULES } from './tidy/rules.ts';
import { describeViolation, readSourceTree } from './tidy/source-tree.ts';

const ROOT = join(import.meta.dirname, '..');

const namesOf = z.record(z.string(), z.string());
const packageSchema = z.object({ dependencies: namesOf, devDependencies: namesOf });

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function plant(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-tidy-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

describe('the sources', () => {
  const tree = readSourceTree(ROOT, ['src', 'plugins']);

  it('are found', () => {
    expect(tree.sources.map(({ path }) => path)).toContain('src/model/ids.ts');
  });

  it.each(Object.entries(PRODUCT_RULES))('%s', (_rule, check) => {
    expect(check(tree).map(describeViolation)).toEqual([]);
  });

  it('of tests, benchmarks and the build are short, too', () => {
    const others = readSourceTree(ROOT, ['test', 'bench', 'build']);
    expect(checkBudgets(others).map(describeViolation)).toEqual([]);
  });
});

describe('a planted violation is found', () => {
  it.each(PLANTED)('$rule: $name', ({ rule, files, found }) => {
    const tree = readSourceTree(plant(files), ['src', 'plugins', 'test']);
    const violations = PRODUCT_RULES[rule]?.(tree) ?? [];
    expect(violations.map(({ file, line }) => `${file}:${line}`)).toEqual(found);
    for (const { message } of violations) expect(message).toMatch(/[;.] /);
  });

  it('in every rule', () => {
    const planted = new Set(
      PLANTED.filter(({ found }) => found.length > 0).map(({ rule }) => rule),
    );
    expect(planted).toEqual(new Set(Object.keys(PRODUCT_RULES)));
  });
});

describe('the dependencies', () => {
  it('each have their line in docs/decisions/dependencies.md, and no other has', () => {
    const { dependencies, devDependencies } = packageSchema.parse(JSON.parse(read('package.json')));
    const rows = read('docs/decisions/dependencies.md').matchAll(/^\| ([^|]+) \|/gm);
    const names = [...rows].flatMap(([, cell = '']) => cell.replace(/\(.*\)/, '').split(','));
    const listed = names
      .map((name) => name.trim())
      .filter((name) => !/^(?:package|-+)$/.test(name));
    const used = Object.keys({ ...dependencies, ...devDependencies });
    expect(listed.toSorted()).toEqual(used.toSorted());
  });
});
