import { describe, expect, it } from 'vitest';
import { failureOf, problemOf, valueOf } from './evaluating.ts';

const vars = { greeting: 'Hi << inputs.name >>', typed: '<< inputs.n + 1 >>' };
const inputs = { name: 'Ada', n: 5 };
const roots = { vars, inputs };

describe('render()', () => {
  it.each([
    ['<< render(vars.greeting) >>', 'Hi Ada'],
    ['<< render(vars.typed) >>', 6],
    ["<< render('plain') >>", 'plain'],
    ["<< render('<<' ~ ' 1 + 1 >>') >>", 2],
    ["<% set t = '<< inputs.n >>' %><< render(t) >>", '5'],
    ["<< render('<% raw %><< x >><% endraw %>') >>", '<< x >>'],
  ])('%s', (template, value) => {
    expect(valueOf(template, { roots })).toEqual(value);
  });

  it('is not twice: what it gives is data', () => {
    const deep = { a: '<< vars.b >>', b: '<< vars.c >>', c: 1 };
    expect(valueOf('<< render(vars.a) >>', { roots: { vars: deep } })).toBe('<< vars.c >>');
  });

  it.each([
    '<< render(trigger.body) >>',
    "<< render('a' ~ trigger.body.x) >>",
    '<< render(trigger.body.x | upper | trim) >>',
    '<< render([trigger.body][0]) >>',
    '<< render({a: trigger.body}.a) >>',
    "<< render(inputs.yes ? trigger.body : 'x') >>",
    '<% set x = trigger.body %><< render(x) >>',
    '<% set x = trigger.body %><% set y = x %><< render(y) >>',
    '<% set x %>a << trigger.body >><% endset %><< render(x) >>',
    '<% for x in trigger.lines %><< render(x) >><% endfor %>',
    "<% set y = 'a' %><% for x in [1, 2] %><< render(y) >><% set y = trigger.body %><% endfor %>",
    '<< render(vars[trigger.body]) >>',
  ])('refuses trigger data when it is read: %s', (template) => {
    expect(problemOf(template).code).toBe('render-of-trigger-data');
  });

  it('does not mind trigger data beside it', () => {
    const template = '<< render(vars.greeting) >> for << trigger.body.nr >>';
    expect(valueOf(template, { roots: { ...roots, trigger: { body: { nr: 7 } } } })).toBe(
      'Hi Ada for 7',
    );
  });

  it.each([
    ['a value that was mapped to an input', '<< render(inputs.text) >>'],
    ['a part of a longer text', "<< render('Dear ' ~ inputs.text) >>"],
    ['a value that passed through filters', '<< render(inputs.text | trim) >>'],
  ])('refuses a template that the trigger brought: %s', (_name, template) => {
    const text = "hello << inputs.name ~ '!' >>";
    const scope = {
      roots: { inputs: { ...inputs, text }, trigger: { body: { deep: [{ text }] } } },
    };
    expect(failureOf(template, scope).code).toBe('render-refused');
    const harmless = { roots: { inputs: { ...inputs, text }, trigger: { body: { text: 'x' } } } };
    expect(valueOf(template, harmless)).toContain('Ada!');
  });

  it('finds what the trigger brought as a key, too', () => {
    const text = '<< inputs.name >>';
    const scope = { roots: { inputs: { text }, trigger: { body: { [text]: 1 } } } };
    expect(failureOf('<< render(inputs.text) >>', scope).code).toBe('render-refused');
  });

  it.each([
    ["<< secret('A') >>", 'secret'],
    ["<< env('A') >>", 'env'],
    ["<< read('A') >>", 'read'],
    ["<< render('x') >>", 'render'],
    ["<% if false %><< secret('A') >><% endif %>", 'secret'],
  ])('has nothing impure in it, even in a worker: %s', (text, name) => {
    const impure = { secret: () => 's', env: () => 'e', read: () => 'r' };
    const error = failureOf('<< render(vars.t) >>', { roots: { vars: { t: text } }, impure });
    expect(error.code).toBe('render-refused');
    expect(error.message).toContain(name);
  });

  it('reports what is wrong in the rendered text', () => {
    const broken = { vars: { t: '<< inputs.nope >>', u: '<< 1 + >>' }, inputs };
    const error = failureOf('<< render(vars.t) >>', { roots: broken });
    expect(error.code).toBe('missing-key');
    expect(error.message).toContain('in the rendered text: `inputs` has no `nope`');
    expect(failureOf('<< render(vars.u) >>', { roots: broken }).code).toBe('invalid-template');
  });

  it('shares the budget of the template that calls it', () => {
    const loop = { vars: { t: '<% for i in range(25000) %>x<% endfor %>' } };
    expect(valueOf('<< render(vars.t) | length >>', { roots: loop })).toBe(25_000);
    const twice = '<< render(vars.t) ~ render(vars.t) >>';
    expect(failureOf(twice, { roots: loop }).code).toBe('over-budget');
  });

  it('does not repeat the ids of the template that calls it', () => {
    const ids = valueOf("<< uuid() ~ ' ' ~ render('<< uuid() >>') ~ ' ' ~ uuid() >>");
    expect(new Set(String(ids).split(' ')).size).toBe(3);
  });

  it('takes text only, and not any amount of it', () => {
    expect(failureOf('<< render(5) >>').code).toBe('wrong-type');
    const long = { inputs: { t: 'x'.repeat(100_000) } };
    expect(failureOf('<< render(inputs.t) >>', { roots: long }).code).toBe('render-refused');
  });
});
