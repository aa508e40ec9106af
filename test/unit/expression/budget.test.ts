/** Whatever is asked for, an evaluation ends soon and makes no more than it may. No test here measures time. */
import { describe, expect, it } from 'vitest';
import { evaluate, expressionLimits, parseTemplate } from '../../../src/expression/index.ts';
import { failureOf, scopeOf, valueOf } from './evaluating.ts';

const roots = {
  inputs: {
    text: 'abc def '.repeat(32_000),
    euro: '€'.repeat(80_000),
    list: Array.from({ length: 60_000 }, (_, index) => index % 7),
    maps: Array.from({ length: 9_000 }, (_, index) => ({ a: index, b: { c: `x${index}` } })),
    map: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index])),
    json: `[${'[],'.repeat(80_000)}1]`,
    nested: '['.repeat(100_000),
  },
};

const grown = (start: string, step: string, use: string, times = 40): string =>
  `<% set a = ${start} %><% set b = ${start} %><% for i in range(${times}) %>${step}<% endfor %>${use}`;

describe('operations', () => {
  it.each([
    '<% for i in range(3000000) %>x<% endfor %>',
    '<% for i in range(500) %><% for j in range(500) %><% for k in range(500) %>x<% endfor %><% endfor %><% endfor %>',
    '<< range(1000000000) >>',
    '<< range(-9007199254740991, 9007199254740991) >>',
    '<< inputs.list | sort >>',
    '<< inputs.text | title | title | title | title >>',
    "<< inputs.text | split('a') | join('b') | split('b') | join('c') | split('c') >>",
    '<% for i in range(30) %><< inputs.text | upper | length >><% endfor %>',
    '<% for i in range(30) %><< inputs.text | base64encode | length >><% endfor %>',
    '<% for i in range(30) %><< inputs.text | sha256 >><% endfor %>',
    '<% for i in range(99) %><< inputs.text | urlencode | length >><% endfor %>',
    '<% for i in range(99) %><< inputs.text | reverse | length >><% endfor %>',
    '<% for i in range(99) %><< inputs.text == inputs.text ~ i >><< inputs.text in inputs.text >><% endfor %>',
    '<% for i in range(99) %><< inputs.json | fromJson | length >><% endfor %>',
    '<% for i in range(99) %><< inputs.map | json | length >><% endfor %>',
    '<% for i in range(99) %><< inputs.map | keys | length >><% endfor %>',
    '<% for i in range(99) %><< inputs.map | merge({a: 1}) | length >><% endfor %>',
    "<% for i in range(99) %><< inputs.maps | selectattr('b.c', 'eq', 'x') | length >><% endfor %>",
    "<% for i in range(99) %><< inputs.maps | groupby('b.c') | length >><% endfor %>",
    '<% for i in range(99) %><< inputs.maps | unique | length >><% endfor %>',
    '<% for i in range(99) %><< 9 in inputs.list >><% endfor %>',
    '<% for i in range(9999) %><< uuid() >><% endfor %>',
    "<% for i in range(9999) %><< now() | date('iso', 'Europe/Paris') >><% endfor %>",
    "<% for i in range(9999) %><< render('<< 1 >>') >><% endfor %>",
    grown('[1]', '<% set a = a + a %>', ''),
    grown('[1]', '<% set a = [a, a] %><% set b = [b, b] %>', '<< a == b >>'),
    grown('[1]', '<% set a = [a, a] %>', '<< [a, a] | unique >>'),
    grown('[1]', '<% set a = [a, a] %>', '<< a | flatten(100) >>'),
  ])('%s are too many', (template) => {
    expect(failureOf(template, { roots }).code).toBe('over-budget');
  });

  it.each([
    ['<% for i in range(10000) %>x<% endfor %>', 'x'.repeat(10_000)],
    ["<< inputs.maps | map('a') | sum >>", 40_495_500],
    ["<< (inputs.maps | sort('a', true) | first).a >>", 8_999],
    ["<< inputs.maps | selectattr('a', 'lt', 3) | map('b.c') | join(',') >>", 'x0,x1,x2'],
    ['<< inputs.maps | json | fromJson | length >>', 9_000],
    ['<< inputs.text | upper | length >>', 256_000],
    ['<< inputs.list | unique | length >>', 7],
  ])('%s are not', (template, value) => {
    expect(valueOf(template, { roots })).toEqual(value);
  });

  it('may be fewer or more than the default', () => {
    const template = parseTemplate('<% for i in range(200) %>x<% endfor %>');
    const outputBytes = expressionLimits.outputBytes.value;
    const run = (operations: number) => () =>
      evaluate(template, scopeOf({ budget: { operations, outputBytes } }));
    expect(run(100)).toThrow(expect.objectContaining({ code: 'over-budget' }));
    expect(run(0)).toThrow(expect.objectContaining({ code: 'over-budget' }));
    expect(run(10_000)()).toBe('x'.repeat(200));
  });

  it('are counted anew for each evaluation', () => {
    const template = parseTemplate('<% for i in range(20000) %>x<% endfor %>');
    for (let time = 0; time < 5; time++) expect(evaluate(template, scopeOf())).toHaveLength(20_000);
  });
});

describe('output', () => {
  it.each([
    "<< 'a' | center(50000000) >>",
    "<< 'a' | center(9007199254740991) >>",
    "<< 'a\\nb' | indent(50000000) >>",
    "<< inputs.text | replace(' ', 'x' | center(100000)) >>",
    "<< 'aaaaaaaa' | regexReplace('a', 'x' | center(300000)) >>",
    "<< range(2000) | join('x' | center(1000)) >>",
    '<< inputs.text ~ inputs.text ~ inputs.text ~ inputs.text ~ inputs.text >>',
    '<< inputs.text >><< inputs.text >><< inputs.text >><< inputs.text >><< inputs.text >>',
    '<< [inputs.text, inputs.text, inputs.text, inputs.text, inputs.text] >>',
    '<< {a: inputs.text, b: inputs.text, c: [inputs.text, inputs.text], d: inputs.text} >>',
    '<< inputs.euro ~ inputs.euro ~ inputs.euro ~ inputs.euro ~ inputs.euro >>',
    'x<< inputs.euro ~ inputs.euro >><< inputs.euro >><< inputs.euro >><< inputs.euro >>',
    grown("'xxxxxxxx'", '<% set a = a ~ a %>', ''),
    grown("'xxxxxxxx'", '<% set a %><< a >><< a >><% endset %>', ''),
    grown('[1]', '<% set a = [a, a] %>', '<< a >>'),
    grown('[1]', '<% set a = [a, a] %>', '<< a | json >>'),
    grown('[1]', '<% set a = [a, a] %>', "<< a ~ '' >>"),
    grown('{x: 1}', '<% set a = {x: a, y: a} %>', '<< a | merge({}) | json >>'),
  ])('%s is too large', (template) => {
    expect(failureOf(template, { roots }).code).toBe('output-too-large');
  });

  it('of whole expressions counts what lists and maps hold', () => {
    const template = '<< [[inputs.text, inputs.text], [inputs.text, inputs.text], inputs.text] >>';
    expect(failureOf(template, { roots }).code).toBe('output-too-large');
    expect(valueOf('<< [inputs.text, inputs.text] >>', { roots })).toHaveLength(2);
  });

  it('does not count what is only handed on', () => {
    const big = Array.from({ length: 10 }, () => roots.inputs.text);
    expect(valueOf('<< inputs.big >>', { roots: { inputs: { big } } })).toBe(big);
    expect(valueOf('<< inputs.nope ?? inputs.big >>', { roots: { inputs: { big } } })).toBe(big);
  });

  it('may be smaller than the default', () => {
    const budget = { operations: 1_000, outputBytes: 10 };
    expect(valueOf("<< 'abcde' ~ 'fghij' >>", { budget })).toBe('abcdefghij');
    expect(failureOf("<< 'abcde' ~ 'fghijk' >>", { budget }).code).toBe('output-too-large');
    expect(failureOf("<< 'ééé' ~ 'ééé' >>", { budget }).code).toBe('output-too-large');
    expect(failureOf("ééé<< 'ééé' >>", { budget }).code).toBe('output-too-large');
    expect(failureOf('<< [1, 2, 3, 4, 5] >>', { budget }).code).toBe('output-too-large');
  });
});

describe('depth', () => {
  const deep = (use: string): string =>
    grown('[1]', '<% set a = [a] %><% set b = [b] %>', use, 2_000);

  it.each(['<< a >>', '<< a | json >>', '<< a == b >>', '<< [a] | unique >>', "<< a ~ '' >>"])(
    'of data is limited: %s',
    (use) => {
      expect(failureOf(deep(use)).code).toBe('too-deep');
    },
  );

  it('of JSON text is an error, not a crash', () => {
    expect(failureOf('<< inputs.nested | fromJson >>', { roots }).code).toBe('bad-json');
    const closed = { inputs: { t: `${'['.repeat(20_000)}${']'.repeat(20_000)}` } };
    expect(failureOf('<< inputs.t | fromJson >>', { roots: closed }).code).toBe('too-deep');
  });

  it('of data from outside is handed on, however deep', () => {
    let value: unknown = 1;
    for (let level = 0; level < 5_000; level++) value = [value];
    expect(valueOf('<< inputs.v >>', { roots: { inputs: { v: value } } })).toBe(value);
    expect(failureOf('x << inputs.v >>', { roots: { inputs: { v: value } } }).code).toBe(
      'too-deep',
    );
  });
});
