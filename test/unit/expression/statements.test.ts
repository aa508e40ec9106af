import { describe, expect, it } from 'vitest';
import { failureOf, pointedAt, valueOf } from './evaluating.ts';

describe('if', () => {
  it.each([
    ['<% if inputs.yes %>a<% endif %>', 'a'],
    ['<% if inputs.no %>a<% endif %>', ''],
    ['<% if inputs.no %>a<% else %>b<% endif %>', 'b'],
    ['<% if inputs.no %>a<% elif inputs.yes %>b<% else %>c<% endif %>', 'b'],
    ['<% if inputs.no %>a<% elseif inputs.no %>b<% else %>c<% endif %>', 'c'],
    ['<% if inputs.yes %><% if inputs.no %>a<% else %>b<% endif %><% endif %>', 'b'],
  ])('%s', (template, value) => {
    expect(valueOf(template)).toBe(value);
  });
});

describe('for', () => {
  it.each([
    ['<% for x in inputs.list %><< x >>,<% endfor %>', '3,1,2,'],
    ['<% for x in [] %>a<% else %>none<% endfor %>', 'none'],
    ['<% for x in [1] %>a<% else %>none<% endfor %>', 'a'],
    ['<% for k in {a: 1, b: 2} %><< k >><% endfor %>', 'ab'],
    ['<% for k, v in {a: 1, b: 2} %><< k >><< v >><% endfor %>', 'a1b2'],
    ['<% for a, b in [[1, 2], [3, 4]] %><< a + b >> <% endfor %>', '3 7 '],
    ['<% for a, b, c in [[1, 2, 3]] %><< a + b + c >><% endfor %>', '6'],
    ['<% for x in [1, 2] %><% for y in [3, 4] %><< x * y >> <% endfor %><% endfor %>', '3 4 6 8 '],
    [
      '<% for x in [7, 8] %><< loop.index >><< loop.index0 >><< loop.first >><< loop.last >><< loop.length >><< loop.revindex >> <% endfor %>',
      '10truefalse22 21falsetrue21 ',
    ],
    ['<% for x in [1] %><% for y in [1, 2] %><% endfor %><< loop.length >><% endfor %>', '1'],
    ['<% for item in inputs.list %><< item >><% endfor %>', '312'],
    ['<% for x in inputs.nope ?? [] %>a<% endfor %>', ''],
  ])('%s', (template, value) => {
    expect(valueOf(template)).toBe(value);
  });

  it.each([
    ['<% for x in inputs.name %>a<% endfor %>', 'wrong-type', 'a list or a map'],
    ['<% for x in inputs.nothing %>a<% endfor %>', 'wrong-type', 'this is null'],
    ['<% for x in 5 %>a<% endfor %>', 'wrong-type', 'this is 5'],
    ['<% for a, b in [1] %>a<% endfor %>', 'wrong-type', 'lists of 2, and this is 1'],
    ['<% for a, b in [[1, 2, 3]] %>a<% endfor %>', 'wrong-type', 'a list of 3'],
  ])('%s fails', (template, code, message) => {
    const error = failureOf(template);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('hides a root of the same name only inside', () => {
    const roots = { item: { value: 1 }, inputs: { l: [2] } };
    const template = '<% for item in inputs.l %><< item >><% endfor %><< item.value >>';
    expect(valueOf(template, { roots })).toBe('21');
  });

  it('does not leave its name behind', () => {
    const error = failureOf('<% for x in [1] %><% endfor %><< x >>');
    expect(error.code).toBe('invalid-template');
  });
});

describe('set', () => {
  it.each([
    ['<% set x = 1 %><< x >>', '1'],
    ['<% set x = {a: [1]} %><< x.a[0] >>', '1'],
    ['<% set x, y = 2 %><< x >><< y >>', '22'],
    ['<% set x = 1 %><% set x = x + 1 %><< x >>', '2'],
    ['<% set x %>a<< inputs.n >><% endset %><< x >>', 'a5'],
    ['<% set n = 0 %><% for i in [1, 2, 3] %><% set n = n + i %><% endfor %><< n >>', '6'],
    ['<% if inputs.yes %><% set x = 1 %><% else %><% set x = 2 %><% endif %><< x >>', '1'],
    [
      '<% for i in [1, 2] %><% if i == 1 %><% set y = i %><% endif %><< y ?? 0 >><% endfor %>',
      '10',
    ],
    ['<% set inputs = 5 %><< inputs >>', '5'],
  ])('%s', (template, value) => {
    expect(valueOf(template)).toBe(value);
  });

  it('in a loop makes a name for one turn', () => {
    const template = '<% for i in [1] %><% set y = i %><% endfor %><< y >>';
    expect(failureOf(template).code).toBe('invalid-template');
  });

  it('is not carried from one evaluation to the next', () => {
    const template = '<% if inputs.n == 5 %><% set x = 1 %><% endif %><< x >>';
    expect(valueOf(template)).toBe('1');
    const error = failureOf(template, { roots: { inputs: { n: 6 } } });
    expect(error.code).toBe('undefined-variable');
    expect(pointedAt(template, error)).toBe('x');
  });
});

describe('mixed text', () => {
  it('reports where in a long template something is missing', () => {
    const template = 'Dear << inputs.name >>,\n\nyour order << inputs.order.nr >> …';
    const error = failureOf(template);
    expect(pointedAt(template, error)).toBe('nr');
    expect(error.message).toBe('`inputs.order` has no `nr`; it has id, total, customer');
  });
});
