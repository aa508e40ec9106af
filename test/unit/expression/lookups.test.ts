import { describe, expect, it } from 'vitest';
import { failureOf, pointedAt, scopeOf, valueOf } from './evaluating.ts';

describe('look-ups', () => {
  it.each([
    ['inputs.n', 5],
    ["inputs['n']", 5],
    ['inputs["order"].customer["id"]', 'c1'],
    ['inputs.lines[0].sku', 'a'],
    ['inputs.lines[inputs.list | length - 2].sku', 'b'],
    ["inputs['na' ~ 'me']", 'Ada'],
    ['inputs.list.length', 3],
    ['inputs.name.length', 3],
    ['inputs.lines[1].tags.length', 0],
    ['[1, 2][1]', 2],
    ['{a: 1}.a', 1],
    ["'abc'.length", 3],
    ['(inputs.lines | first).sku', 'a'],
    ['range(3)[2]', 2],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toEqual(value);
  });

  it('read own keys that look like methods', () => {
    const inputs = { constructor: 1, toString: 2, hasOwnProperty: 3, length: 4 };
    const template =
      '<< [inputs.constructor, inputs.toString, inputs.hasOwnProperty, inputs.length] >>';
    expect(valueOf(template, { roots: { inputs } })).toEqual([1, 2, 3, 4]);
  });

  it('read numbers as keys of maps', () => {
    expect(valueOf('<< inputs.m[7] >>', { roots: { inputs: { m: { '7': 'x' } } } })).toBe('x');
  });

  it('work on maps without a prototype', () => {
    const inputs: unknown = Object.assign(Object.create(null), { a: 1 });
    expect(valueOf('<< inputs.a >>', { roots: { inputs } })).toBe(1);
  });
});

describe('what is missing', () => {
  it.each([
    [
      '<< outputs.charge.bdy >>',
      'missing-key',
      'bdy',
      '`outputs.charge` has no `bdy`; did you mean `body`?',
    ],
    ['<< outputs.charge.x.y.z >>', 'missing-key', 'x', 'it has body, status'],
    ['<< inputs.order.customer.id.x >>', 'missing-key', 'x', '`inputs.order.customer.id` is text'],
    [
      '<< inputs.nothing.x >>',
      'path-through-null',
      'x',
      '`inputs.nothing` is null, and has no `x`',
    ],
    ['<< outputs.skipped.body.id >>', 'path-through-null', 'body', '`outputs.skipped` is null'],
    ['<< item.value >>', 'undefined-variable', 'item', '`item` has no value here'],
    ['<< inputs.list[3] >>', 'missing-key', '', '`inputs.list` has 3 elements, and no index 3'],
    ['<< inputs.list[-1] >>', 'missing-key', '', '`list | last`'],
    ['<< inputs.list[0.5] >>', 'missing-key', '', 'no index 0.5'],
    ["<< inputs.list['0'] >>", 'missing-key', '', 'is a list'],
    ['<< inputs.list[inputs.name] >>', 'wrong-type', '', 'is no index'],
    ['<< inputs.list.sku >>', 'missing-key', 'sku', "`list | map('key')`"],
    ['<< inputs.n.x >>', 'missing-key', 'x', '`inputs.n` is a number'],
    ['<< inputs[inputs.list] >>', 'wrong-type', '', 'a key is text'],
    ['<< inputs[null] >>', 'wrong-type', '', 'a key is text'],
    ['<< {}.a >>', 'missing-key', 'a', 'it is empty'],
    ['<< inputs.name[0] >>', 'missing-key', '', 'is text'],
    [
      '<% if false %><% set x = 1 %><% endif %><< x >>',
      'undefined-variable',
      'x',
      'has not been set',
    ],
  ])('%s', (template, code, part, message) => {
    const error = failureOf(template);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.path).toBe('message');
    if (part !== '') expect(pointedAt(template, error)).toBe(part);
  });

  it.each([
    ['inputs.nope ?? 1', 1],
    ['inputs.nope.deeper.still ?? 1', 1],
    ['inputs.nothing ?? 1', 1],
    ['inputs.nothing.x ?? 1', 1],
    ['outputs.skipped.body.id ?? null', null],
    ['item.value ?? 1', 1],
    ['inputs.list[9].x ?? 1', 1],
    ["inputs['no' ~ 'pe'] ?? 1", 1],
    ['inputs.zero ?? 1', 0],
    ['inputs.no ?? true', false],
    ["inputs.empty ?? 'x'", ''],
    ['(inputs.nope | upper) ?? 1', 1],
    ['inputs.nope | upper ?? 1', 1],
    ['([] | first) ?? 1', 1],
    ["(inputs.nope | upper | trim).x ?? 'd'", 'd'],
    ['(inputs.yes ? inputs.nope : 2) ?? 1', 1],
    ['inputs.nope ?? inputs.nope2 ?? inputs.n', 5],
    ["inputs.nope | default('x')", 'x'],
    ["inputs.nope.deep | default('x')", 'x'],
    ["inputs.nothing | default('x')", 'x'],
    ["inputs.zero | default('x')", 0],
    ['inputs.nope is defined', false],
    ['inputs.nope.deep is defined', false],
    ['inputs.nothing is defined', true],
    ['inputs.nothing.x is defined', false],
    ['inputs.n is defined', true],
    ['item is defined', false],
    ['inputs.nope is not defined', true],
    ['inputs.nope is undefined', true],
  ])('%s is provided for', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toEqual(value);
  });

  it.each([
    '<< inputs.nope ?? inputs.nope2 >>',
    '<< (inputs.nope) >>',
    '<< inputs.nope == 1 >>',
    '<< [inputs.nope] >>',
    '<< {a: inputs.nope} >>',
    '<< inputs.nope | upper >>',
    // Arguments are evaluated before the call, needed or not.
    '<< inputs.n | default(inputs.nope) >>',
    '<< (inputs.nope == 1) ?? 2 >>',
    '<< [inputs.nope] ?? 2 >>',
    'x << inputs.nope >>',
  ])('%s is not', (template) => {
    expect(failureOf(template).code).toBe('missing-key');
  });

  it('is never found on a prototype', () => {
    class Account {
      secret = 'own';
      get balance(): number {
        return 1;
      }
    }
    const scope = scopeOf({ roots: { inputs: { account: new Account(), date: new Date(0) } } });
    expect(failureOf('<< inputs.account.balance >>', scope).code).toBe('missing-key');
    expect(failureOf('<< inputs.account.secret >>', scope).code).toBe('missing-key');
    expect(failureOf('<< inputs.date.getTime >>', scope).code).toBe('missing-key');
  });
});
