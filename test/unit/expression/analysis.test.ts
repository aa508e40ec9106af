import { describe, expect, it } from 'vitest';
import { analyse, contextRoots, parseTemplate } from '../../../src/expression/index.ts';
import { pointedAt } from './evaluating.ts';

const analysisOf = (template: string) => analyse(parseTemplate(template));

describe('look-ups of a template', () => {
  it.each([
    ['plain', []],
    ['<< inputs >>', [['inputs']]],
    ['<< outputs.charge.body.id >>', [['outputs', 'charge', 'body', 'id']]],
    ["<< outputs['charge'].body >>", [['outputs', 'charge', 'body']]],
    ['<< inputs.lines[0].sku >>', [['inputs', 'lines']]],
    ['<< inputs[vars.key].x >>', [['vars', 'key'], ['inputs']]],
    ['<< (inputs.a).b >>', [['inputs', 'a', 'b']]],
    ['<< inputs.a + inputs.a >>', [['inputs', 'a']]],
    [
      '<< {a: inputs.a, (vars.k): 1} >>',
      [
        ['inputs', 'a'],
        ['vars', 'k'],
      ],
    ],
    [
      '<< [inputs.a, vars.b] >>',
      [
        ['inputs', 'a'],
        ['vars', 'b'],
      ],
    ],
    [
      '<< inputs.a ? inputs.b : inputs.c >>',
      [
        ['inputs', 'a'],
        ['inputs', 'b'],
        ['inputs', 'c'],
      ],
    ],
    [
      '<< inputs.a | default(vars.b) >>',
      [
        ['inputs', 'a'],
        ['vars', 'b'],
      ],
    ],
    ['<< range(inputs.n) >>', [['inputs', 'n']]],
    [
      '<< inputs.a is eq(vars.b) >>',
      [
        ['inputs', 'a'],
        ['vars', 'b'],
      ],
    ],
    ['<< (inputs.l | first).sku >>', [['inputs', 'l']]],
    [
      '<< 1 < inputs.a < vars.b >>',
      [
        ['inputs', 'a'],
        ['vars', 'b'],
      ],
    ],
    ['<< not inputs.a >>', [['inputs', 'a']]],
    [
      'a << inputs.a >> b << vars.b >>',
      [
        ['inputs', 'a'],
        ['vars', 'b'],
      ],
    ],
    [
      '<% for x in inputs.l %><< x.sku ~ vars.a >><% else %><< vars.b >><% endfor %>',
      [
        ['inputs', 'l'],
        ['vars', 'a'],
        ['vars', 'b'],
      ],
    ],
    [
      '<% if inputs.a %><% elif inputs.b %><% else %><< inputs.c >><% endif %>',
      [
        ['inputs', 'a'],
        ['inputs', 'b'],
        ['inputs', 'c'],
      ],
    ],
    ['<% set x = inputs.a %><< x.b >>', [['inputs', 'a']]],
    ['<% set x %><< inputs.a >><% endset %>', [['inputs', 'a']]],
    ['<% for item in inputs.l %><< item.value >><% endfor %>', [['inputs', 'l']]],
  ])('%s', (template, paths) => {
    const analysis = analysisOf(template);
    expect(analysis.paths).toEqual(paths);
    expect(analysis.roots).toEqual(new Set(paths.map(([root]) => root)));
  });

  it('have places, and say whether a missing value is provided for', () => {
    const template =
      'x << outputs.a.b ?? outputs.c >> << outputs.d is defined >> << outputs.e[0].f | upper | default(outputs.g) >> << (outputs.h == 1) ?? 2 >>';
    const { lookups } = analysisOf(template);
    expect(lookups.map((lookup) => [pointedAt(template, lookup), lookup.optional])).toEqual([
      ['outputs.a.b', true],
      ['outputs.c', false],
      ['outputs.d', true],
      ['outputs.e', true],
      ['outputs.g', false],
      ['outputs.h', false],
    ]);
  });

  it('are known of a template that is wrong elsewhere', () => {
    expect(analysisOf('<< inputs.a | nope >>').paths).toEqual([['inputs', 'a']]);
  });
});

describe('what a template calls', () => {
  it('is listed', () => {
    const analysis = analysisOf("<< now() | date ~ secret('A') >> << inputs.a | upper >>");
    expect(analysis.functions).toEqual(new Set(['now', 'secret']));
    expect(analysis.filters).toEqual(new Set(['date', 'upper']));
    expect(analysis.impure).toEqual(new Set(['secret']));
    expect(analysis.needsWorker).toBe(false);
    expect(analysis.wholeContext).toBe(false);
  });

  it.each([
    ["<< secret('A') >>", ['secret']],
    ["<< env('A') ?? read('b') >>", ['env', 'read']],
    ["<% if inputs.a %><< secret('A') >><% endif %>", ['secret']],
    ['<< uuid() ~ random() ~ now() >>', []],
  ])('%s needs %s', (template, impure) => {
    expect([...analysisOf(template).impure]).toEqual(impure);
  });

  it('says that render() may read anything', () => {
    expect(analysisOf('<< render(vars.greeting) >>').wholeContext).toBe(true);
  });
});

it('the roots of the context are those of the language', () => {
  expect([...contextRoots].sort()).toEqual(
    [
      'compensated error execution flow globals inputs item labels outputs parents task taskrun',
      'tasks trigger vars',
    ]
      .join(' ')
      .split(' '),
  );
  for (const root of contextRoots) expect(parseTemplate(`<< ${root} >>`).problems).toEqual([]);
});
