import { describe, expect, it } from 'vitest';
import { findCutExpression, parseTemplate } from '../../../src/expression/index.ts';
import { pointedAt, problemOf, valueOf } from './evaluating.ts';

describe('what stays text', () => {
  it.each([
    'plain',
    '',
    '  ',
    'cat <<EOF\nhello\nEOF',
    'cat <<-EOF\n\thello\n\tEOF',
    "cat <<'EOF'\n$x\nEOF",
    'cat <<"EOF"',
    'grep x <<< "$line"',
    'grep x <<<"$line"',
    'grep x <<<<  y',
    '1<<3',
    'x = 1<<n;',
    'std::cout <<"hi"<<std::endl',
    '<%= x %>',
    '<%== x %>',
    '<%# comment %>',
    '<%@ page %>',
    '<#if user??>hello</#if>',
    '${x} $(y) `z`',
    "{{ ref('orders') }}",
    '{% if x %}y{% endif %}',
    '{# note #}',
    '{{#each items}}',
    'a >> b',
    '%> and >>',
    'ends with <<',
    'ends with <%',
    '<<>>',
    '<%%>',
    '<<-x->>',
  ])('%s', (text) => {
    const template = parseTemplate(text);
    expect(template.kind).toBe('text');
    expect(template.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(valueOf(text)).toBe(text);
  });
});

describe('what opens an expression', () => {
  it.each([
    ['<< inputs.n >>', 5],
    ['<<\ninputs.n\n>>', 5],
    ['<<\tinputs.n>>', 5],
    ['<<\r\ninputs.n >>', 5],
    ['<<\u00a0inputs.n >>', 5],
    ['<<- inputs.n ->>', 5],
    ['a<< inputs.n >>b', 'a5b'],
    ['a <<- inputs.n ->> b', 'a5b'],
    ['1<<3 << inputs.n >>', '1<<3 5'],
    ['cat <<EOF << inputs.n >> EOF', 'cat <<EOF 5 EOF'],
    ['<<< << inputs.n >>', '<<< 5'],
    ['<% if inputs.yes %>x<% endif %>', 'x'],
    ['a <%- if inputs.yes -%> x <%- endif -%> b', 'axb'],
    ['<%= erb %> << inputs.n >>', '<%= erb %> 5'],
    ["<< '>>' >>", '>>'],
    ['<< "a >> b" >>', 'a >> b'],
    ['<< inputs.n>>>', '5>'],
  ])('%j', (template, value) => {
    expect(valueOf(template)).toBe(value);
  });
});

describe('literals of the delimiters', () => {
  it.each([
    ["<< '<<' >>", '<<'],
    ["a << '<< ' >>b", 'a << b'],
    ['<% raw %><< inputs.n >><% endraw %>', '<< inputs.n >>'],
    ['<% raw %><% if x %><% endraw %> << inputs.n >>', '<% if x %> 5'],
    ['a <%- raw -%> << x >> <%- endraw -%> b', 'a<< x >>b'],
    ['<% raw %>\n<% endraw %>', '\n'],
  ])('%j', (template, value) => {
    expect(valueOf(template)).toBe(value);
  });

  it('is plain text when there is nothing but raw', () => {
    expect(parseTemplate('<% raw %><< x >><% endraw %>').kind).toBe('text');
  });
});

describe('types', () => {
  it.each([
    ['<< inputs.n >>', 5],
    ['  << inputs.n >>\n', 5],
    ['<< inputs.yes >>', true],
    ['<< inputs.nothing >>', null],
    ['<< inputs.list >>', [3, 1, 2]],
    ['<< inputs.order >>', { id: 'o1', total: 9.5, customer: { id: 'c1' } }],
    ['<< inputs.n | string >>', '5'],
    ['n << inputs.n >>', 'n 5'],
    ['<< inputs.n >><< inputs.n >>', '55'],
    ['yes: << inputs.yes >>', 'yes: true'],
    ['null: "<< inputs.nothing >>"', 'null: ""'],
    ['list: << inputs.list >>', 'list: [3,1,2]'],
    ['map: << inputs.order.customer >>', 'map: {"id":"c1"}'],
    ['<% if inputs.yes %>5<% endif %>', '5'],
    [' <% set x = 1 %> ', '  '],
  ])('%j', (template, value) => {
    expect(valueOf(template)).toEqual(value);
  });

  it('hands values of the scope on without copying them', () => {
    const order = { id: 1 };
    expect(valueOf('<< inputs.order >>', { roots: { inputs: { order } } })).toBe(order);
  });
});

describe('an expression cut by YAML', () => {
  it.each([
    ['<< {a', 0],
    ['hello << inputs.order', 6],
    ['<< a >> and << b', 12],
    ["<< secret('PAY", 0],
    ['<% if inputs.x', 0],
    ['<< x %>', 0],
    ['<< a >> <<\n', 8],
    ["<< 'x' ~ \"y", 0],
    ['<% raw %><< a >><% endraw %><< b', 28],
  ])('%j', (text, start) => {
    expect(findCutExpression(text)).toEqual({ start });
    const problem = problemOf(text);
    expect(problem.code).toBe('expression-cut-by-yaml');
    expect(problem.start).toBe(start);
    expect(problem.hint).toContain('quotes');
  });

  it.each([
    '',
    'a >> b',
    '<< a >>',
    "<< 'a >> b' >>",
    '<<EOF',
    '<% raw %><< a<% endraw %>',
    "<< 'a >>",
    '<< ">>" >> x',
  ])('%j is not cut', (text) => {
    expect(findCutExpression(text)).toBeUndefined();
  });
});

describe('text that is nearly an expression', () => {
  it.each([
    ['<<word>>', '<<word>>', '<< word >>'],
    ['x <<inputs.name>> y', '<<inputs.name>>', '<< inputs.name >>'],
    ['<<inputs.name >>', '<<inputs.name >>', '<< inputs.name >>'],
    [
      "<<inputs.name | default('a b')>>",
      "<<inputs.name | default('a b')>>",
      "<< inputs.name | default('a b') >>",
    ],
    ["<<outputs['a'].b[0]>>", "<<outputs['a'].b[0]>>", "<< outputs['a'].b[0] >>"],
  ])('%s needs space', (text, part, replacement) => {
    const problem = problemOf(text);
    expect(problem).toMatchObject({ code: 'expression-needs-space', severity: 'warning' });
    expect(pointedAt(text, problem)).toBe(part);
    expect(problem.fix).toMatchObject({ replacement, start: problem.start, end: problem.end });
    expect(valueOf(text)).toBe(text);
  });

  it.each([
    'cat <<EOF >> log.txt',
    '<<EOF',
    '1<<n',
    '<<<word>>',
    '<< inputs.name >>',
    "<< '<<word>>' >>",
    '<% raw %><<word>><% endraw %>',
    'a << inputs.name >> b',
  ])('%s is left alone', (text) => {
    expect(parseTemplate(text).problems).toEqual([]);
  });

  it.each([
    ['{{ inputs.name }}', '{{ inputs.name }}', '<< inputs.name >>'],
    ['x {{inputs.name}} y', '{{inputs.name}}', '<< inputs.name >>'],
    ['${{ vars.api }}/x', '${{ vars.api }}', '<< vars.api >>'],
    ['{{- trigger.body -}}', '{{- trigger.body -}}', '<< trigger.body >>'],
  ])('%s is of another dialect', (text, part, replacement) => {
    const problem = problemOf(text);
    expect(problem).toMatchObject({
      code: 'kestra-expression-in-native-flow',
      severity: 'warning',
    });
    expect(pointedAt(text, problem)).toBe(part);
    expect(problem.fix?.replacement).toBe(replacement);
    expect(valueOf(text)).toBe(text);
  });

  it.each([
    "{{ ref('x') }}",
    '{{ inputsx }}',
    '{{ item_id }}',
    '{{#item}}',
    '{% for x in inputs %}',
    '<% raw %>{{ inputs.name }}<% endraw %>',
    "<< '{{ inputs.name }}' >>",
  ])('%s is nobody else’s', (text) => {
    expect(parseTemplate(text).problems).toEqual([]);
  });

  it('warns without a fix when the other dialect’s expression is not closed', () => {
    const problem = problemOf('{{ inputs.name');
    expect(problem.code).toBe('kestra-expression-in-native-flow');
    expect(problem.fix).toBeUndefined();
  });
});
