/** Rows S1, S2, S14 and S15 of the security table, as far as the language itself can answer them. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  compileValue,
  evaluate,
  evaluateTree,
  ExpressionError,
  parseTemplate,
} from '../../../src/expression/index.ts';
import { failureOf, scopeOf, valueOf } from './evaluating.ts';

/** Text that runs code if anything ever does. */
const PROOF = 'globalThis.escaped = true';

afterEach(() => {
  expect(Object.hasOwn(globalThis, 'escaped')).toBe(false);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined(); // Any object will do.
});

describe('S1: escapes', () => {
  const attacks = [
    'constructor',
    '__proto__',
    'prototype',
    'this',
    'globalThis',
    'process',
    'process.env',
    'require',
    "require('child_process')",
    'global.process',
    'self',
    'context',
    'env.HOME',
    'range.constructor',
    `range.constructor("${PROOF}")()`,
    `range["constructor"]("${PROOF}")()`,
    `now.constructor("${PROOF}")()`,
    `cycler.constructor("${PROOF}")()`,
    `joiner.constructor("${PROOF}")()`,
    `cycler().next.constructor("${PROOF}")()`,
    `namespace.__init__.__globals__`,
    `lipsum.__globals__`,
    `inputs.constructor`,
    `inputs.constructor.constructor("${PROOF}")()`,
    `inputs["constructor"]["constructor"]("${PROOF}")()`,
    `inputs['con' ~ 'structor']`,
    `inputs[('constructor')]`,
    `inputs.__proto__`,
    `inputs['__proto__']`,
    `inputs.__defineGetter__`,
    `inputs.__lookupGetter__('x')`,
    `inputs.toString`,
    `inputs.toString()`,
    `inputs.hasOwnProperty('a')`,
    `inputs.valueOf()`,
    `outputs.constructor`,
    `outputs.charge.constructor.name`,
    `[].constructor`,
    `[].constructor.constructor("${PROOF}")()`,
    `[]['constructor']`,
    `[].map`,
    `[].map.constructor("${PROOF}")()`,
    `[1][0].constructor`,
    `[].__proto__`,
    `{}.constructor`,
    `{}.__proto__`,
    `"".constructor`,
    `"".constructor.constructor("${PROOF}")()`,
    `"".sub.constructor("${PROOF}")()`,
    `'a'.replace('a', 'b')`,
    `(1).constructor`,
    `1.5.constructor`,
    `true.constructor`,
    `inputs.name.constructor`,
    `inputs.list.constructor`,
    `inputs.list.push(1)`,
    `inputs.list['length']['constructor']`,
    `inputs.list.at(0)`,
    `loop.constructor`,
    `(inputs.list | first).constructor`,
    `inputs | attr('constructor')`,
    `range | string`,
    `range | json`,
    `now | upper`,
    `upper | upper`,
    `inputs | map('constructor')`,
    `[inputs] | map('constructor')`,
    `[inputs] | map('__proto__')`,
    `[inputs] | map('constructor.constructor')`,
    `[inputs.name] | map('constructor')`,
    `[inputs] | sum('constructor')`,
    `[inputs] | sort('__proto__')`,
    `[inputs, inputs] | sort('constructor.name')`,
    `[inputs] | groupby('constructor')`,
    `[inputs] | join(',', 'constructor')`,
    `[inputs] | select('constructor')`,
    `[inputs] | select('__proto__')`,
    `inputs is constructor`,
    `inputs is __proto__`,
    `inputs | constructor`,
    `inputs | __proto__`,
    `inputs | toString`,
    `inputs | filter.constructor`,
    `constructor("${PROOF}")`,
    `__proto__()`,
    `hasOwnProperty('x')`,
    `toString()`,
    `valueOf()`,
    `eval("${PROOF}")`,
    `Function("${PROOF}")()`,
    `import('fs')`,
    `(range)(3)`,
    `(inputs.name)()`,
    `inputs.name()`,
    `'x'()`,
    `[1]()`,
    `range(3)()`,
    `uuid()()`,
    `secret('x').constructor`,
    `r/(a+)+/.constructor`,
    `r/x/g.exec('x')`,
    `inputs.name | matches(r/x/)`,
    `super()`,
    `caller()`,
    `self.block()`,
    `\u0063onstructor`,
    'inputs.\\u0063onstructor',
    `inputs["\\x63onstructor"]`,
  ];

  it.each(attacks)('%s', (attack) => {
    const error = failureOf(`<< ${attack} >>`, { property: 'labels.team' });
    expect(error.path).toBe('labels.team');
    expect(error.code).not.toBe('internal');
    expect(error.end).toBeGreaterThan(0);
  });

  it.each(attacks)('%s, provided for', (attack) => {
    const template = parseTemplate(`<< (${attack}) ?? 'nothing' >>`);
    try {
      expect(evaluate(template, scopeOf())).toBe('nothing');
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
      expect(error).not.toMatchObject({ code: 'internal' });
    }
  });

  it.each([
    `<% set constructor = 1 %><< {}.constructor >>`,
    `<% set __proto__ = {polluted: 1} %><< {}.polluted >>`,
    `<% for constructor in [1] %><< inputs.constructor >><% endfor %>`,
    `<% for k, v in inputs %><< v.constructor >><% endfor %>`,
    `<% for x in [1] %><< loop.constructor >><% endfor %>`,
    `<% for x in [1] %><< loop.__proto__.polluted >><% endfor %>`,
    `<% set x %>a<% endset %><< x.constructor >>`,
    `<% include '/etc/passwd' %>`,
    `<% import '/etc/passwd' as x %>`,
    `<% extends '/etc/passwd' %>`,
    `<% macro x() %><% endmacro %><< x.constructor >>`,
    `<% call x() %><% endcall %>`,
  ])('%s', (template) => {
    expect(failureOf(template).code).not.toBe('internal');
  });

  it('are refused in every string of a tree, keys included', () => {
    const attack = `<< range.constructor("${PROOF}")() >>`;
    const compiled = compileValue(
      { message: attack, labels: { team: `x ${attack}` }, headers: { [attack]: 1 } },
      { templatedKeys: true },
    );
    expect(compiled.problems.map(({ problem }) => problem.code)).toContain('unknown-function');
    expect(compiled.problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining([['message'], ['labels', 'team'], ['headers', attack]]),
    );
    expect(() => evaluateTree(compiled, scopeOf())).toThrow(ExpressionError);
  });

  it('find no functions, even where the scope has some', () => {
    const hostile = {
      call: () => 1,
      list: [(): number => 1],
      deep: { call: (): number => 1 },
    };
    const roots = { inputs: hostile, vars: () => 1 };
    for (const expression of [
      'inputs.call',
      'inputs.list[0]',
      'inputs.deep.call',
      'vars',
      'vars.constructor',
      'inputs.list | json',
      'inputs.deep | string',
    ]) {
      expect(failureOf(`<< ${expression} >>`, { roots }).code).not.toBe('internal');
    }
    expect(failureOf('x << inputs.list >>', { roots }).code).toBe('wrong-type');
  });
});

describe('S2: data is never a template', () => {
  const inside = '<< 1 + 1 >> <% for i in range(9) %>x<% endfor %> {{ 1 + 1 }} << secret("A") >>';
  const roots = { inputs: { text: inside, list: [inside], map: { [inside]: inside } } };

  it.each([
    ['<< inputs.text >>', inside],
    ['a << inputs.text >> b', `a ${inside} b`],
    ["<< inputs.text ~ '' >>", inside],
    ['<< inputs.text | trim >>', inside],
    ['<< inputs.list | first >>', inside],
    ["<< inputs.list | join('') >>", inside],
    ['<% for x in inputs.list %><< x >><% endfor %>', inside],
    ['<% set x = inputs.text %><< x >>', inside],
    ['<% set x %><< inputs.text >><% endset %><< x >>', inside],
    ['<< inputs.map | keys | first >>', inside],
    ['<< {a: inputs.text}.a >>', inside],
    ['<< inputs.text | base64encode | base64decode >>', inside],
    ["<< '<<' ~ ' 1 + 1 >>' >>", '<< 1 + 1 >>'],
  ])('%s', (template, value) => {
    expect(valueOf(template, { roots })).toBe(value);
  });

  it('in whole trees', () => {
    const tree = compileValue({ a: ['<< inputs.text >>'], b: '<< inputs.list >>' });
    expect(evaluateTree(tree, scopeOf({ roots }))).toEqual({ a: [inside], b: [inside] });
  });
});

describe('S14: regular expressions', () => {
  const roots = { inputs: { a: 'a'.repeat(50_000), pattern: '(a+)+$', ab: 'ab'.repeat(20_000) } };

  it.each([
    String.raw`(inputs.a ~ '!') | matches('(a+)+$')`,
    String.raw`inputs.a | matches('(a|aa)+b')`,
    String.raw`inputs.a | matches('(.*)*x')`,
    String.raw`inputs.a | matches('^(([a-z])+.)+[A-Z]([a-z])+$')`,
    String.raw`inputs.a | matches('(x+x+)+y')`,
    String.raw`inputs.a | matches(inputs.pattern ~ '!')`,
    String.raw`inputs.a is matching('(a*)*b')`,
    String.raw`[inputs.a] | select('matching', '(a*)*b') | length == 1`,
  ])('%s has an end', (expression) => {
    const template = parseTemplate(`<< ${expression} >>`);
    try {
      expect(evaluate(template, scopeOf({ roots }))).toBe(false);
    } catch (error) {
      expect(error).toMatchObject({ code: 'over-budget' });
    }
  });

  it.each([
    // Each search runs to the end of the text, and begins again at the next character.
    String.raw`inputs.a | regexReplace('a(.*b)?', 'z')`,
    String.raw`inputs.ab | regexReplace('[ab](.*?[cd])?', 'z')`,
    // Each pattern is a new one.
    `<% for i in range(900) %><< 'a' | matches('(a{1,30}){1,20}' ~ i) >><% endfor %>`,
  ])('%s is stopped by the budget', (expression) => {
    const template = expression.startsWith('<') ? expression : `<< ${expression} >>`;
    expect(failureOf(template, { roots }).code).toBe('over-budget');
  });

  it.each([
    ['a{1000}{1000}', /./],
    ['((a{1,100}){1,100}){1,100}', /./],
    ['(a{900}|b{900})', /too large/],
    ['(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa){100}', /too large/],
    ['[abc]{1001}', /too large/],
    ['x'.repeat(1001), /longer than/],
    ['a{0,99999999}', /./],
  ])('a pattern that is too large is refused: %s', (pattern, message) => {
    const error = failureOf('<< inputs.a | matches(inputs.p) >>', {
      roots: { inputs: { a: 'a', p: pattern } },
    });
    expect(error.code).toBe('bad-regex');
    expect(error.message).toMatch(message);
  });

  it('has no look-behind, look-ahead or back-references', () => {
    for (const pattern of ['(?=a)', '(?!a)', '(?<=a)b', String.raw`(a)\1`]) {
      const error = failureOf('<< inputs.a | matches(inputs.p) >>', {
        roots: { inputs: { a: 'a', p: pattern } },
      });
      expect(error.code).toBe('bad-regex');
    }
  });
});

describe('S15: prototypes', () => {
  const payload = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}';
  const roots = {
    inputs: { json: payload, parsed: JSON.parse(payload) as unknown, key: '__proto__' },
  };

  it.each([
    '<< inputs.json | fromJson >>',
    '<< inputs.parsed >>',
    '<< {} | merge(inputs.json | fromJson) >>',
    '<< inputs.parsed | merge({a: 1}) >>',
    "<< {('__proto__'): {polluted: 1}} >>",
    "<< {'__proto__': {polluted: 1}} >>",
    '<< {__proto__: {polluted: 1}} >>',
    '<< {(inputs.key): {polluted: 1}} >>',
    "<< [{k: '__proto__', polluted: 1}] | groupby('k') >>",
    '<< [inputs.parsed] | unique | first >>',
  ])('%s makes an own property', (template) => {
    const value = valueOf(template, { roots }) as object; // Maps, all of them.
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect('polluted' in value).toBe(false);
    expect(JSON.stringify(value)).toContain('"__proto__":');
  });

  it.each([
    ['<< (inputs.json | fromJson).__proto__.polluted >>', 1],
    ['<< inputs.parsed.__proto__ | keys >>', ['polluted']],
    ['<< inputs.parsed.constructor.prototype.polluted >>', 2],
    ['<< inputs.parsed | keys >>', ['__proto__', 'constructor']],
    ['<< (inputs.parsed | entries)[0].key >>', '__proto__'],
    ['<% for k, v in inputs.parsed %><< k >> <% endfor %>', '__proto__ constructor '],
    ["<< '__proto__' in inputs.parsed >>", true],
    ["<< '__proto__' in {} >>", false],
    ['<< {} == inputs.parsed >>', false],
    ['<< inputs.parsed == (inputs.json | fromJson) >>', true],
  ])('%s reads it as data', (template, value) => {
    expect(valueOf(template, { roots })).toEqual(value);
  });

  it('are not reached through keys of a tree', () => {
    const tree: unknown = JSON.parse(
      '{"__proto__": {"polluted": "<< 1 >>"}, "a": {"__proto__": {"polluted": 1}}}',
    );
    for (const templatedKeys of [true, false]) {
      const value = evaluateTree(compileValue(tree, { templatedKeys }), scopeOf()) as object; // A map.
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(JSON.stringify(value)).toBe(
        '{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}',
      );
    }
    const key = compileValue({ '<< inputs.key >>': { polluted: 1 } }, { templatedKeys: true });
    const value = evaluateTree(key, scopeOf({ roots })) as object; // A map.
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
  });
});
