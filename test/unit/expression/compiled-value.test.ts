import { describe, expect, it } from 'vitest';
import {
  compileValue,
  evaluateDeferring,
  evaluateTree,
  ExpressionError,
  propertyPath,
} from '../../../src/expression/index.ts';
import { valueReference } from '../../../src/model/reference.ts';
import { scopeOf } from './evaluating.ts';

const scope = scopeOf({ property: 'body' });
const value = (tree: unknown): unknown => evaluateTree(compileValue(tree), scope);

function failureOf(evaluate: () => unknown): ExpressionError {
  try {
    evaluate();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
  }
  throw new Error('no ExpressionError');
}

describe('a tree of values', () => {
  it('is evaluated string by string', () => {
    const tree = {
      text: 'hello',
      typed: '<< inputs.n >>',
      mixed: 'n=<< inputs.n >>',
      list: ['<< inputs.list >>', 1, null, true],
      deep: { a: { b: ['<< inputs.name >>'] } },
      '<< inputs.name >>': 'keys are not templates here',
    };
    expect(value(tree)).toEqual({
      text: 'hello',
      typed: 5,
      mixed: 'n=5',
      list: [[3, 1, 2], 1, null, true],
      deep: { a: { b: ['Ada'] } },
      '<< inputs.name >>': 'keys are not templates here',
    });
  });

  it.each([['text'], [5], [null], [true], [[]], [{}], [[1, { a: 'b' }]], ["<< '<<' >>"]])(
    'without expressions is constant: %j',
    (tree) => {
      const compiled = compileValue(tree);
      expect(compiled.constant).toBe(true);
      expect(evaluateTree(compiled, scope)).toEqual(tree === "<< '<<' >>" ? '<<' : tree);
    },
  );

  it('is fresh where it has expressions, and shares what has none', () => {
    const compiled = compileValue({ a: '<< inputs.n >>', b: { c: [1] } });
    expect(compiled.constant).toBe(false);
    const first = evaluateTree(compiled, scope) as { b: unknown }; // As compiled above.
    const second = evaluateTree(compiled, scope) as { b: unknown }; // As compiled above.
    expect(first).not.toBe(second);
    expect(first.b).toBe(second.b);
    expect(Object.isFrozen(first.b)).toBe(true);
    expect(Object.isFrozen(first)).toBe(false);
  });

  it('does not change what it is compiled from', () => {
    const tree = { a: { b: [1] } };
    compileValue(tree);
    expect(Object.isFrozen(tree.a.b)).toBe(false);
  });

  it('lists its templates and their problems with their places', () => {
    const compiled = compileValue(
      { a: ['x', '<< inputz.a >>'], '<< nope() >>': '{{ inputs.a }}', b: '<< inputs.n >>' },
      { templatedKeys: true },
    );
    expect(
      compiled.leaves.map(({ path, role, template }) => [path, role, template.source]),
    ).toEqual([
      [['a', 1], 'value', '<< inputz.a >>'],
      [['<< nope() >>'], 'key', '<< nope() >>'],
      [['<< nope() >>'], 'value', '{{ inputs.a }}'],
      [['b'], 'value', '<< inputs.n >>'],
    ]);
    expect(compiled.problems.map(({ path, role, problem }) => [path, role, problem.code])).toEqual([
      [['a', 1], 'value', 'unknown-root'],
      [['<< nope() >>'], 'key', 'unknown-function'],
      [['<< nope() >>'], 'value', 'kestra-expression-in-native-flow'],
    ]);
  });

  it('says in which place an evaluation failed', () => {
    const compiled = compileValue({ lines: [{ sku: '<< inputs.nope >>' }] });
    const error = failureOf(() => evaluateTree(compiled, scope));
    expect(error).toMatchObject({ code: 'missing-key', path: 'body.lines[0].sku' });
  });

  it('has ids of its own in each place', () => {
    const tree = ['<< uuid() >>', '<< uuid() >>', { a: '<< uuid() >>' }];
    const [first, second, third] = value(tree) as [string, string, { a: string }]; // As above.
    expect(new Set([first, second, third.a]).size).toBe(3);
    expect(value(tree)).toEqual([first, second, third]);
  });
});

describe('keys', () => {
  const keyed = (tree: unknown): unknown =>
    evaluateTree(compileValue(tree, { templatedKeys: true }), scope);

  it('are templates where that is asked for', () => {
    expect(keyed({ 'x-<< inputs.name >>': 1, plain: 2, '<< inputs.n >>': 3 })).toEqual({
      'x-Ada': 1,
      plain: 2,
      '5': 3,
    });
  });

  it('that come twice are an error, not a loss', () => {
    const error = failureOf(() => keyed({ Ada: 1, '<< inputs.name >>': 2 }));
    expect(error.code).toBe('duplicate-key');
    expect(error.message).toContain('Ada');
  });

  it.each(['<< inputs.nothing >>', '<< inputs.list >>', '<< inputs.order >>'])(
    'that are no text are an error: %s',
    (key) => {
      expect(failureOf(() => keyed({ [key]: 1 })).code).toBe('wrong-type');
    },
  );

  it('have ids of their own beside their value', () => {
    const [entry] = Object.entries(keyed({ '<< uuid() >>': '<< uuid() >>' }) as object); // A map.
    expect(entry?.[0]).not.toBe(entry?.[1]);
  });
});

describe('evaluating what the executor can', () => {
  const reference = valueReference({
    uri: 'blob:1',
    bytes: 300_000,
    sha256: '0'.repeat(64),
    contentType: 'application/json',
  });
  const roots = { inputs: { n: 5, big: reference, name: 'X-Token' } };

  it('leaves to a worker what is impure or looks into a reference', () => {
    const compiled = compileValue(
      {
        headers: { '<< inputs.name >>': "Bearer << secret('T') >>" },
        whole: '<< inputs.big >>',
        inside: ['<< inputs.big.id >>', '<< inputs.n >>'],
      },
      { templatedKeys: true },
    );
    const { value: evaluated, deferred } = evaluateDeferring(compiled, { ...scope, roots });
    expect(evaluated).toEqual({
      headers: { 'X-Token': null },
      whole: reference,
      inside: [null, 5],
    });
    expect(deferred.map(({ path, template }) => [path, template.source])).toEqual([
      [['headers', 'X-Token'], "Bearer << secret('T') >>"],
      [['inside', 0], '<< inputs.big.id >>'],
    ]);
  });

  it('still fails for what is wrong', () => {
    const compiled = compileValue({ a: "<< secret('T') >>", b: '<< inputs.nope >>' });
    const error = failureOf(() => evaluateDeferring(compiled, { ...scope, roots }));
    expect(error).toMatchObject({ code: 'missing-key', path: 'body.b' });
  });

  it('gives the same ids to a worker that evaluates a leaf by its path', () => {
    const whole = compileValue({ a: [{ b: '<< uuid() >>' }] });
    const leaf = compileValue('<< uuid() >>');
    const property = propertyPath('body', ['a', 0, 'b']);
    expect(property).toBe('body.a[0].b');
    expect(evaluateTree(leaf, { ...scope, property })).toBe(
      (evaluateTree(whole, scope) as { a: [{ b: string }] }).a[0].b, // As compiled above.
    );
  });
});
