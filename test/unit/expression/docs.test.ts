/** docs/expressions.md: its flows hold good expressions, and its lists of codes are complete. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  compileValue,
  contextRoots,
  evaluateDeferring,
  parseTemplate,
} from '../../../src/expression/index.ts';
import { scopeOf, valueOf } from './evaluating.ts';

const root = join(import.meta.dirname, '../../..');
const guide = readFileSync(join(root, 'docs/expressions.md'), 'utf8');
const problemSource = readFileSync(join(root, 'src/expression/problem.ts'), 'utf8');

const flows = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => {
  const flow = parse(block ?? '') as { id: string }; // Checked below: each is a map with an id.
  return { id: flow.id, flow };
});

const scope = scopeOf({
  roots: {
    inputs: {
      name: 'ada lovelace',
      paid: true,
      order: { id: 'o1', total: 12, lines: [{ sku: 'a', price: 5 }] },
      lines: [
        { sku: 'a', price: 5 },
        { sku: 'b', price: 7 },
      ],
    },
    execution: { id: 'e1' },
  },
});

describe('flows of the guide', () => {
  it('are there', () => {
    expect(flows.map(({ id }) => id)).toEqual(['greet', 'quoting', 'statements', 'secrets']);
  });

  it.each(flows)('$id has no problems, and can be evaluated', ({ flow }) => {
    const compiled = compileValue(flow, { templatedKeys: true });
    expect(compiled.problems).toEqual([]);
    expect(compiled.constant).toBe(false);
    const { deferred } = evaluateDeferring(compiled, scope);
    for (const { template } of deferred) expect(template.analysis.impure.size).toBe(1);
  });

  it('give what the guide says', () => {
    const read = (id: string, task: number, property: string): unknown => {
      const { flow } = flows.find((each) => each.id === id) ?? { flow: undefined };
      const { value } = evaluateDeferring(compileValue(flow), scope);
      // The flows above have lists of tasks; what is missing fails the expectation.
      return (value as { tasks: Record<string, unknown>[] }).tasks[task]?.[property];
    };
    expect(read('greet', 0, 'message')).toBe('Hello Ada Lovelace, your order is o1.');
    expect(read('greet', 1, 'value')).toBe(5);
    expect(read('greet', 2, 'message')).toBe('\n1. a\n');
    expect(read('quoting', 0, 'message')).toBe('state: paid');
    expect(read('quoting', 1, 'value')).toEqual([3, 'a']);
    expect(read('statements', 0, 'message')).toBe('1 of 2: a\n2 of 2: b\nsmall\n');
  });
});

describe('the guide', () => {
  it('names every root', () => {
    for (const name of contextRoots) expect(guide).toContain(`\`${name}\``);
  });

  it('names every code, and no other', () => {
    const codes = [...problemSource.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code]) => code);
    const tables = guide.slice(guide.indexOf('## Problems'));
    const rows = [...tables.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes) expect(tables).toContain(`\`${code ?? ''}\``);
    for (const code of rows) expect(codes).toContain(code);
  });

  it.each([
    ["<< inputs.absent | upper ?? 'NOBODY' >>", 'NOBODY'],
    ['<< inputs.absent ?? 0 > 5 >>', false],
    ["<< 'a' ~ 'b' | upper >>", 'aB'],
    ["<< {name: 1, 'other name': 2, ('k' ~ 'ey'): 3} >>", { name: 1, 'other name': 2, key: 3 }],
  ])('is right about %s', (template, value) => {
    expect(valueOf(template)).toEqual(value);
  });

  it('is right about what stays text', () => {
    const [, paragraph = ''] = /here-strings \((.*?) stay text/s.exec(guide) ?? [];
    const shown = [...paragraph.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');
    expect(shown.length).toBeGreaterThan(4);
    for (const text of shown) expect(parseTemplate(text).kind).toBe('text');
  });
});
