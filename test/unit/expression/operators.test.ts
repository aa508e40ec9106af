import { describe, expect, it } from 'vitest';
import { parseTemplate, toBoolean, evaluateCondition } from '../../../src/expression/index.ts';
import { failureOf, pointedAt, scopeOf, valueOf } from './evaluating.ts';

describe('operators', () => {
  it.each([
    ['7 / 2', 3.5],
    ['7 // 2', 3],
    ['-7 // 2', -4],
    ['7 % 3', 1],
    ['-1 % 7', 6],
    ['1 % -7', -6],
    ['5.5 % 2', 1.5],
    ['2 ** 10', 1024],
    ['0.1 + 0.2', 0.30000000000000004],
    ["'a' + 'b'", 'ab'],
    ['[1] + [2, 3]', [1, 2, 3]],
    ["1 ~ 'a' ~ true ~ null ~ [1] ~ {a: 1}", '1atrue[1]{"a":1}'],
    ["'b' in 'abc'", true],
    ["'a' in {a: 1}", true],
    ["'toString' in {a: 1}", false],
    ['[1] in [[1], [2]]', true],
    ["1 in ['1']", false],
    ["'1' not in [1]", true],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toEqual(value);
  });

  it.each([
    ['1 == 1', true],
    ["1 == '1'", false],
    ["0 == ''", false],
    ['0 == false', false],
    ["null == ''", false],
    ['null == null', true],
    ['null == 0', false],
    ["'a' == 'a'", true],
    ['[1, 2] == [1, 2]', true],
    ['[1, 2] == [2, 1]', false],
    ['[] == false', false],
    ['{a: 1, b: 2} == {b: 2, a: 1}', true],
    ['{a: 1} == {a: 1, b: null}', false],
    ["{a: {b: ['c']}} == {a: {b: ['c']}}", true],
    ['[1] == {a: 1}', false],
    ["1 != '1'", true],
    ['1 === 1', true],
    ["1 !== '1'", true],
    ["'a' < 'b'", true],
    ["'B' < 'a'", true],
    ["'10' < '9'", true],
    ['10 < 9', false],
    ['1 <= 1', true],
    ['2 >= 3', false],
  ])('%s is %s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toBe(value);
  });

  it.each([
    ["'a' + 1", 'wrong-type', '+', 'joined by `~`'],
    ['1 + null', 'wrong-type', '+', 'of 1 and null'],
    ["'a' * 3", 'wrong-type', '*', 'of text "a" and 3'],
    ['[1] - [1]', 'wrong-type', '-', 'a list of 1'],
    ['true + 1', 'wrong-type', '+', 'of true and 1'],
    ["-'a'", 'wrong-type', '-', 'text "a"'],
    ['1 / 0', 'not-finite', '/', 'not a number'],
    ['1 % 0', 'not-finite', '%', 'not a number'],
    ['1 // 0', 'not-finite', '//', 'not a number'],
    ['10 ** 400', 'not-finite', '**', 'not a number'],
    ["1 < '2'", 'wrong-type', '<', 'have no order'],
    ['null < 1', 'wrong-type', '<', 'have no order'],
    ['[1] > [0]', 'wrong-type', '>', 'have no order'],
    ['true > false', 'wrong-type', '>', 'have no order'],
    ['1 in 5', 'wrong-type', '', 'cannot be in a number'],
    ["1 in 'abc'", 'wrong-type', '', 'cannot be in text'],
    ['1 in null', 'wrong-type', '', 'cannot be in null'],
  ])('%s fails', (expression, code, part, message) => {
    const template = `<< ${expression} >>`;
    const error = failureOf(template);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    if (part !== '') expect(pointedAt(template, error)).toBe(part);
  });
});

describe('conditions', () => {
  it.each([
    ['inputs.yes and inputs.yes', true],
    ['inputs.yes and inputs.no', false],
    ['inputs.no or inputs.yes', true],
    ["inputs.text and 'true'", true],
    ["not 'false'", true],
    ['inputs.no and inputs.nope', false],
    ['inputs.yes or inputs.nope', true],
    ["inputs.text ? 'a' : 'b'", 'a'],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toBe(value);
  });

  it.each([
    ['1 and true', 'this is 1'],
    ["'' or true", 'this is text ""'],
    ['not []', 'an empty list'],
    ["null ? 'a' : 'b'", 'this is null'],
    ["'a' if inputs.order else 'b'", 'a map {id, total, customer}'],
    ["'True' and true", 'text "True"'],
  ])('%s is no condition', (expression, message) => {
    const error = failureOf(`<< ${expression} >>`);
    expect(error.code).toBe('not-a-boolean');
    expect(error.message).toContain(message);
  });

  it('of tasks take booleans, and the same as text', () => {
    const holds = (template: string): boolean =>
      evaluateCondition(parseTemplate(template), scopeOf({ property: 'when' }));
    expect(holds('<< inputs.n > 3 >>')).toBe(true);
    expect(holds('<< inputs.n > 3 >>\n')).toBe(true);
    expect(holds('true')).toBe(true);
    expect(holds('false')).toBe(false);
    expect(holds('<% if inputs.yes %>true<% else %>false<% endif %>')).toBe(true);
    expect(() => holds('<< inputs.n >>')).toThrow(/this is 5/);
    expect(() => holds('yes')).toThrow(/text "yes"/);
    expect(() => holds(' true')).toThrow(/text " true"/);
  });

  it('say which property is wrong, and show the value', () => {
    expect(() => toBoolean([1], 'when')).toThrow(
      expect.objectContaining({ code: 'not-a-boolean', path: 'when' }),
    );
    expect(toBoolean('true')).toBe(true);
    expect(toBoolean(false)).toBe(false);
  });
});
