import { describe, expect, it } from 'vitest';
import { expressionLimits, parseTemplate } from '../../../src/expression/index.ts';
import { pointedAt, problemOf, problemsOf, valueOf } from './evaluating.ts';

describe('precedence', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 2 + 3 - 1', 10],
    ['10 - 2 - 3', 5],
    ['12 * 7 // 5', 16],
    ['7 * 3 % 2', 1],
    ['10 / 4 // 2', 1],
    ['2 ** 3 ** 2', 64],
    ['2 * 3 ** 2', 18],
    ['-2 ** 2', 4],
    ['- 3 | abs', 3],
    ['1 ~ 2 + 3', '15'],
    ["'a' ~ 'b' == 'ab'", true],
    ['1 + 1 == 2 and 2 > 1', true],
    ['true or false and false', true],
    ['not false and false', false],
    ['not (false and false)', true],
    ['not 1 == 2', true],
    ['1 < 2 < 3', true],
    ['3 > 2 > 2', false],
    ['1 in [1, 2] and 3 not in [1, 2]', true],
    ['1 == 1 is true', true],
    ['inputs.nope ?? 2 + 3', 5],
    ['inputs.nope ?? 0 > 5', false],
    ['inputs.no or inputs.nope ?? true', true],
    ['inputs.nope ?? inputs.nothing ?? 3', 3],
    ["inputs.name | upper ~ '!'", 'ADA!'],
    ["inputs.nope ?? 'x' | upper", 'X'],
    ['true ? 1 : 2', 1],
    ['false ? 1 : true ? 2 : 3', 2],
    ['false ? 1 : false ? 2 : 3', 3],
    ['inputs.n > 3 ? inputs.n - 3 : 0', 2],
    ["'a' if inputs.yes else 'b'", 'a'],
    ["'a' if inputs.no else 'b' if inputs.no else 'c'", 'c'],
    ['{a: true ? 1 : 2}', { a: 1 }],
    ['inputs.yes?1:2', 1],
    ['inputs.nope??7', 7],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toEqual(value);
  });
});

describe('literals', () => {
  it.each([
    ["'a'", 'a'],
    ['"a"', 'a'],
    [String.raw`'a\'b'`, "a'b"],
    [String.raw`'a\nb\tc\\d'`, 'a\nb\tc\\d'],
    [String.raw`'\d+\.'`, String.raw`\d+\.`],
    ["'é ü 🙂'", 'é ü 🙂'],
    ['42', 42],
    ['-1', -1],
    ['0.25', 0.25],
    ['9007199254740991', 9007199254740991],
    ['true', true],
    ['false', false],
    ['null', null],
    ['none', null],
    ['[]', []],
    ['[1, [2]]', [1, [2]]],
    ['[1, 2,]', [1, 2]],
    ['{}', {}],
    ["{a: 1, 'b c': 2, 3: 4}", { a: 1, 'b c': 2, '3': 4 }],
    ["{('k' ~ 1): 1}", { k1: 1 }],
    ['{a: {b: {}}}', { a: { b: {} } }],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toEqual(value);
  });
});

describe('syntax errors', () => {
  it.each([
    ['<< >>', '>>', 'unexpected'],
    ['<< a b >>', 'b', 'expected `>>`'],
    ['<< (1] >>', ']', '`(` is closed by `]`'],
    ['<< [1, 2) >>', ')', '`[` is closed by `)`'],
    ['<< {a: 1] >>', ']', '`{` is closed by `]`'],
    ['<< {a} >>', '}', 'expected a colon'],
    ['<< {a: 1 b: 2} >>', 'b', 'expected a comma'],
    ['<< {true: 1} >>', 't', 'a key is a name'],
    ['<< () >>', '(', 'one expression stands in brackets'],
    ['<< (1, 2) >>', '(', 'one expression stands in brackets'],
    ['<< inputs[] >>', '[', 'one key or index'],
    ['<< inputs[1, 2] >>', '[', 'one key or index'],
    ['<< inputs. >>', '>>', 'expected a key after the dot'],
    ['<< inputs.0 >>', '0', 'expected a key after the dot'],
    ['<< inputs.list | >>', '>>', 'the name of a filter'],
    ['<< inputs.list | first.x >>', '.', 'put brackets round the filter'],
    ['<< inputs.list | first[0] >>', '[', 'put brackets round the filter'],
    ['<< a && b >>', '&', 'unexpected character'],
    ['<< a || b >>', '|', 'the name of a filter'],
    ['<< !a >>', '!', 'unexpected character'],
    ['<< $a >>', '$', 'unexpected character'],
    ['<< a = 1 >>', '=', 'expected `>>`'],
    ['<< 1e3 >>', '1e3', 'neither a name nor a number'],
    ['<< 12abc >>', '12abc', 'neither a name nor a number'],
    ['<< 9007199254740993 >>', '9007199254740993', 'too large to be exact'],
    ["<< 'a >> b", "'a >> b", 'not closed'],
    ['<< 1 if true >>', '>>', 'needs an `else`'],
    ['<< true ? 1 >>', '>>', 'expected a colon'],
    ['<< 1 is >>', '>>', 'expected a test'],
    ['<< + >>', '>>', 'unexpected'],
    ['<< range(1 >>', '>>', 'expected comma'],
    ['<% if true %>x', '', 'endif'],
    ['<% for x in [1] %>x', '', 'end of file'],
    ['<% for x of [1] %><% endfor %>', 'f', '"in" keyword'],
    ['<% for 1 in [1] %><% endfor %>', '', 'variable name expected'],
    ['<% set x %>a', '', 'end of file'],
    ['<% set inputs.x = 1 %>', 'x', 'only a name'],
    ['<% endif %>', 'endif', 'belongs to nothing here'],
    ['<% else %>', 'else', 'belongs to nothing here'],
    ['<% elif true %>', 'elif', 'belongs to nothing here'],
    ['<% raw %>x', '<% raw %>x', '`raw` has no `endraw`'],
    ['<% 1 %>', '1', 'tag name expected'],
    ["<% include 'x' %>", 'include', 'there is no statement'],
    ["<% import 'x' as y %>", 'import', 'there is no statement'],
    ["<% from 'x' import y %>", 'from', 'there is no statement'],
    ["<% extends 'x' %>", 'extends', 'there is no statement'],
    ['<% block a %><% endblock %>', 'block', 'there is no statement'],
    ['<% macro f() %><% endmacro %>', 'macro', 'there is no statement'],
    ['<% call f() %><% endcall %>', 'call', 'there is no statement'],
    ['<% filter upper %>x<% endfilter %>', 'filter', 'there is no statement'],
    ['<% switch x %><% endswitch %>', 'switch', 'there is no statement'],
    ['<% asyncEach x in y %><% endeach %>', 'asyncEach', 'there is no statement'],
    ['<% ifAsync x %><% endif %>', 'ifAsync', 'there is no statement'],
    ['<% do x %>', 'do', 'there is no statement'],
  ])('%s', (template, part, message) => {
    const problem = problemOf(template);
    expect(problem).toMatchObject({ code: 'expression-syntax', severity: 'error' });
    expect(problem.message).toContain(message);
    if (part !== '') expect(pointedAt(template, problem).trim().startsWith(part)).toBe(true);
  });

  it.each([
    ['<< a && b >>', '`and`'],
    ['<< !a >>', '`not x`'],
    ['<< a ^ b >>', '`**`'],
    ['<< 1e3 >>', 'digits'],
    ['<< inputs.0 >>', '`list[0]`'],
    ['<< 9007199254740993 >>', "'9007199254740993'"],
    ['<< (1, 2) >>', '`[a, b]`'],
  ])('%s says what to write', (template, hint) => {
    expect(problemOf(template).hint).toContain(hint);
  });
});

describe('names', () => {
  it.each([
    ['<< inputz.a >>', 'unknown-root', 'inputz', 'did you mean `inputs`?'],
    ['<< zzz >>', 'unknown-root', 'zzz', 'known: flow, execution'],
    ['<< None >>', 'unknown-root', 'None', 'write `null`'],
    ['<< range >>', 'unknown-root', 'range', 'call it'],
    ['<< inputs.a | uper >>', 'unknown-filter', 'uper', 'did you mean `upper`?'],
    ['<< inputs.a | dump >>', 'unknown-filter', 'dump', 'use `json`'],
    ["<< inputs.a | jq('.x') >>", 'unknown-filter', 'jq', 'not available yet'],
    ["<< inputs.a | jsonata('x') >>", 'unknown-filter', 'jsonata', 'not available yet'],
    ["<< inputs.a | attr('x') >>", 'unknown-filter', 'attr', 'value.key'],
    ["<< kv('a') >>", 'unknown-function', 'kv', 'not available yet'],
    ['<< uid() >>', 'unknown-function', 'uid', 'did you mean `uuid`?'],
    ['<< cycler(1, 2) >>', 'unknown-function', 'cycler', 'loop.index0'],
    ['<< inputs.a is definde >>', 'unknown-test', 'definde', 'did you mean `defined`?'],
    ['<< inputs.a is mapping >>', 'unknown-test', 'mapping', 'use `map`'],
    ['<% for line in inputs.l %><< lien >><% endfor %>', 'unknown-root', 'lien', '`line`'],
  ])('%s', (template, code, part, hint) => {
    const problem = problemOf(template);
    expect(problem.code).toBe(code);
    expect(pointedAt(template, problem)).toBe(part);
    expect(problem.hint).toContain(hint);
  });

  it('are all reported, not only the first', () => {
    const problems = problemsOf('<< inputz.a | uper >> << nope() >>');
    expect(problems.map(({ code }) => code)).toEqual([
      'unknown-root',
      'unknown-filter',
      'unknown-function',
    ]);
  });

  it('may be keywords after a dot', () => {
    const inputs = { if: 1, in: 2, true: 3, none: 4, not: 5 };
    const template = '<< [inputs.if, inputs.in, inputs.true, inputs.none, inputs.not] >>';
    expect(valueOf(template, { roots: { inputs } })).toEqual([1, 2, 3, 4, 5]);
  });

  it('may have letters of any language', () => {
    expect(valueOf('<< inputs.größe >>', { roots: { inputs: { größe: 1 } } })).toBe(1);
  });

  it('that begin with r are no regular expressions', () => {
    expect(valueOf('<% set r = 8 %><< r/2 >>')).toBe('4');
    expect(valueOf('<% set rate = 8 %><< rate/2 >>')).toBe('4');
  });
});

describe('arguments', () => {
  it.each([
    ['<< inputs.name | upper(1) >>', 'takes no arguments, not 1'],
    ['<< inputs.name | truncate >>', 'needs `length`'],
    ['<< inputs.name | replace("a") >>', 'needs `to`'],
    ['<< now(1, 2) >>', 'takes no arguments, not 2'],
    ['<< range() >>', 'needs `start`'],
    ['<< 1 is even(2) >>', 'takes no arguments, not 1'],
    ['<< 1 is divisibleby >>', 'needs `number`'],
    ['<< inputs.name | truncate(3, length=4) >>', 'is given `length` twice'],
  ])('%s', (template, message) => {
    const problem = problemOf(template);
    expect(problem.code).toBe('wrong-arguments');
    expect(problem.message).toContain(message);
  });

  it('may be given by name', () => {
    expect(valueOf("<< 'abcdef' | truncate(end='', length=3) >>")).toBe('abc');
    expect(valueOf('<< [1, 3, 2] | sort(reverse=true) >>')).toEqual([3, 2, 1]);
    expect(valueOf('<< range(start=1, stop=3) >>')).toEqual([1, 2]);
  });

  it('that do not exist have a suggestion', () => {
    const problem = problemOf("<< 'a' | truncate(3, ende='') >>");
    expect(problem.hint).toBe('did you mean `end`?');
  });
});

describe('limits of a template', () => {
  const deep = expressionLimits.nesting.value;

  it.each([
    ['brackets', `<< ${'('.repeat(deep + 1)}1${')'.repeat(deep + 1)} >>`],
    ['lists', `<< ${'['.repeat(50_000)}1${']'.repeat(50_000)} >>`],
    ['signs', `<< ${'-'.repeat(50_000)}1 >>`],
    ['nots', `<< ${'not '.repeat(50_000)}true >>`],
    ['ternaries', `<< ${'true ? 1 : '.repeat(20_000)}2 >>`],
    ['sums', `<< 1${' + 1'.repeat(20_000)} >>`],
    ['filters', `<< 1${' | abs'.repeat(20_000)} >>`],
    ['look-ups', `<< inputs${'.a'.repeat(20_000)} >>`],
    ['ifs', `${'<% if true %>'.repeat(5_000)}x${'<% endif %>'.repeat(5_000)}`],
    ['elifs', `<% if true %>${'<% elif true %>'.repeat(5_000)}<% endif %>`],
  ])('%s nested too deeply are a syntax error', (_name, template) => {
    expect(problemOf(template)).toMatchObject({ code: 'expression-syntax' });
    expect(problemOf(template).message).toMatch(/deep/);
  });

  it('allow what people write', () => {
    expect(valueOf(`<< ${'('.repeat(60)}1${')'.repeat(60)} >>`)).toBe(1);
    expect(valueOf(`<< 1${' + 1'.repeat(200)} >>`)).toBe(201);
  });

  it('refuse a scalar with expressions that is too long, and take any text', () => {
    const long = 'x'.repeat(expressionLimits.templateCharacters.value);
    expect(problemOf(`${long}<< 1 >>`).message).toContain('longer than');
    expect(parseTemplate(long.repeat(4)).kind).toBe('text');
  });
});

describe('reading takes time by the length of a text only', () => {
  const length = expressionLimits.templateCharacters.value;
  const repeated = (part: string): string => part.repeat(Math.floor(length / part.length) - 1);

  // Looking ahead anew for each part would make each of these quadratic.
  it.each([
    ['unclosed foreign expressions', repeated('{{ inputs.a '), 'kestra-expression-in-native-flow'],
    ['tight expressions', repeated('<<a>>'), 'expression-needs-space'],
    ['almost tight expressions', repeated('<<a|b|c|d'), undefined],
    ['raw without an end', repeated('<% raw %>'), 'expression-syntax'],
    ['quotes without an end', `${repeated("<< x >> ' ")}<< '`, 'expression-cut-by-yaml'],
    ['unknown names', repeated('<< abcd >>'), 'unknown-root'],
    ['openers', repeated('<< '), 'expression-cut-by-yaml'],
    ['angle brackets', repeated('<'), undefined],
  ])('%s', (_name, text, code) => {
    const codes = new Set(problemsOf(text).map((problem) => problem.code));
    expect(codes).toEqual(new Set(code === undefined ? [] : [code]));
    expect(problemsOf(text).length).toBeLessThanOrEqual(30);
  });
});
