import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileValue,
  evaluate,
  evaluateTree,
  ExpressionError,
  expressionLimits,
  findCutExpression,
  parseTemplate,
} from '../../../src/expression/index.ts';
import { filterDefinitions } from '../../../src/expression/filters/registry.ts';
import { functionDefinitions } from '../../../src/expression/functions/registry.ts';
import { testDefinitions } from '../../../src/expression/tests/registry.ts';
import { scopeOf } from './evaluating.ts';

const RUNS = { numRuns: 500 };

/** Any JSON, with the keys that attackers like. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -1, 1.5, 9007199254740991, '', 'true', 'a,b', '<< 1 >>'),
    fc.string({ maxLength: 12 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom('a', 'b', 'constructor', '__proto__', 'length', 'toString', 'x y'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

/** Expressions that are mostly well-formed, of every kind of node. */
const expression = fc.letrec<{ node: string }>((tie) => {
  const node = tie('node');
  const name = fc.constantFrom('a', 'b', 'constructor', '__proto__', 'length', 'nope');
  const text = fc.constantFrom("'a'", "''", "'x,y'", '"é"', "'^a+$'", "'<< 1 >>'", "'yyyy'");
  const filters = [...filterDefinitions.values()];
  const functions = [...functionDefinitions.values()];
  const tests = [...testDefinitions.values()];
  const given = (count: number): fc.Arbitrary<string> =>
    fc.array(node, { minLength: count, maxLength: count }).map((args) => args.join(', '));
  return {
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('inputs', 'inputs.a', 'inputs.b', 'vars', 'outputs', 'item', 'null', 'true'),
      fc.integer({ min: -3, max: 200_000 }).map(String),
      text,
      fc.tuple(node, name).map(([target, key]) => `(${target}).${key}`),
      fc.tuple(node, node).map(([target, key]) => `(${target})[${key}]`),
      fc.array(node, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.tuple(name, node).map(([key, value]) => `{${key}: ${value}}`),
      fc.tuple(node, node).map(([key, value]) => `{(${key}): ${value}}`),
      fc
        .tuple(
          node,
          fc.constantFrom(...'+ - * / // % ** ~ in and or ?? == != < <= > >='.split(' '), 'not in'),
          node,
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(fc.constantFrom('not', '-', '+'), node).map(([sign, value]) => `(${sign} ${value})`),
      fc.tuple(node, node, node).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc
        .constantFrom(...filters)
        .chain(({ name: filter, parameters }) =>
          fc
            .tuple(node, given(parameters.length))
            .map(([input, args]) => `(${input} | ${filter}${args === '' ? '' : `(${args})`})`),
        ),
      fc
        .constantFrom(...functions)
        .chain(({ name: called, parameters }) =>
          given(parameters.length).map((args) => `${called}(${args})`),
        ),
      fc
        .constantFrom(...tests)
        .chain(({ name: test, parameters }) =>
          fc
            .tuple(node, given(parameters.length))
            .map(([value, args]) => `(${value} is ${test}${args === '' ? '' : `(${args})`})`),
        ),
    ),
  };
}).node;

const template = fc.oneof(
  expression.map((node) => `<< ${node} >>`),
  fc.tuple(fc.string(), expression).map(([text, node]) => `${text}<< ${node} >>${text}`),
  fc
    .tuple(expression, expression)
    .map(([values, body]) => `<% for x in ${values} %><< x ~ (${body}) >><% endfor %>`),
  fc
    .tuple(expression, expression)
    .map(([value, use]) => `<% set x = ${value} %><% if ${use} %><< x >><% endif %>`),
);

const scope = fc
  .tuple(json, json, json)
  .map(([inputs, vars, item]) => scopeOf({ roots: { inputs, vars, item, outputs: {} } }));

/** The value or the error's code; anything else that is thrown fails the property. */
function outcomeOf(evaluateIt: () => unknown): { value?: unknown; code?: string } {
  try {
    return { value: evaluateIt() };
  } catch (error) {
    if (error instanceof ExpressionError) return { code: error.code };
    throw error;
  }
}

describe('any text', () => {
  it('without an opener is itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const plain = text.replace(/<(?=[<%])/g, '');
        expect(evaluate(parseTemplate(plain), scopeOf())).toBe(plain);
        expect(findCutExpression(plain)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('is read without throwing, and its problems lie in it', () => {
    const pieces = fc.constantFrom(
      ...['<< ', ' >>', '<% ', ' %>', '<<', '>>', '- ', "'", '"', '(', ')', '[', ']', '{', '}'],
      ...['if', 'for x in', 'endif', 'set x =', 'raw', 'endraw', 'inputs', '.a', '|', 'upper'],
      ...['??', '?', ':', ',', '1', '1.', '~', '!', '=', '\\', '\n', ' ', 'r/', '{{ ', '}}', 'é'],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        const text = parts.join('');
        const read = parseTemplate(text);
        for (const { start, end, message } of read.problems) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(start).toBeLessThanOrEqual(text.length);
          expect(message).not.toContain('undefined');
          expect(message).not.toContain('cannot be read');
        }
        if (read.kind === 'invalid') expect(read.problems.length).toBeGreaterThan(0);
        outcomeOf(() => evaluate(read, scopeOf()));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('any expression over any data', () => {
  it('has a value that is JSON, or an ExpressionError that is no fault of ours', () => {
    let values = 0;
    fc.assert(
      fc.property(template, scope, (source, where) => {
        const { value, code } = outcomeOf(() => evaluate(parseTemplate(source), where));
        expect(code).not.toBe('internal');
        if (code !== undefined) return;
        values += 1;
        const text = JSON.stringify(value);
        expect(JSON.parse(text)).toEqual(withoutNegativeZero(value));
      }),
      { numRuns: 5_000 },
    );
    // The generator would be worth little if nearly everything failed.
    expect(values).toBeGreaterThan(500);
  });

  it('has the same value again', () => {
    fc.assert(
      fc.property(template, scope, (source, where) => {
        const read = parseTemplate(source);
        const first = outcomeOf(() => evaluate(read, where));
        expect(outcomeOf(() => evaluate(read, where))).toEqual(first);
        expect(outcomeOf(() => evaluate(parseTemplate(source), where))).toEqual(first);
      }),
      RUNS,
    );
  });

  it('never makes more than its budget lets it', () => {
    const budget = { operations: 2_000, outputBytes: 500 };
    fc.assert(
      fc.property(template, scope, (source, where) => {
        const read = parseTemplate(source);
        if (read.kind === 'text' || read.kind === 'invalid') return;
        if (read.kind === 'expression' && !read.makes) return;
        const { value } = outcomeOf(() => evaluate(read, { ...where, budget }));
        const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(budget.outputBytes);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves the data as it was', () => {
    fc.assert(
      fc.property(template, scope, (source, where) => {
        const before = JSON.stringify(where.roots);
        outcomeOf(() => evaluate(parseTemplate(source), where));
        expect(JSON.stringify(where.roots)).toBe(before);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('any tree', () => {
  it('of values without openers is itself', () => {
    fc.assert(
      fc.property(json, (tree) => {
        const plain: unknown = JSON.parse(JSON.stringify(tree).replaceAll('<<', ''));
        const compiled = compileValue(plain, { templatedKeys: true });
        expect(compiled.constant).toBe(true);
        expect(JSON.stringify(evaluateTree(compiled, scopeOf()))).toBe(JSON.stringify(plain));
      }),
      RUNS,
    );
  });
});

it('limits have a value, a unit and a meaning', () => {
  for (const limit of Object.values(expressionLimits)) {
    expect(limit.value).toBeGreaterThan(0);
    expect(limit.meaning).toMatch(/\.$/);
  }
});

/** JSON has no -0. */
function withoutNegativeZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutNegativeZero(inner)]),
  );
}
