/** One row per way to be wrong: the code, the place, what is said, and that the fix mends it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DiagnosticCode, diagnosticCodes } from '../../../src/flow/diagnostic-codes.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { catalog } from './catalog.ts';
import { diagnose, fixed, HEAD, withTasks } from './reading.ts';

interface Row {
  readonly code: DiagnosticCode;
  readonly title: string;
  readonly text: string;
  /** `line:column` of what is marked. */
  readonly at?: string;
  /** The characters that are marked. */
  readonly marks?: string;
  readonly says?: string;
  readonly hint?: string;
  /** A part of the text after the fix; it then no longer has this diagnostic. */
  readonly fix?: string;
}

const LOG = '- { id: a, type: log, message: hello }';
const log = (message: string): string => withTasks(`- id: a\n  type: log\n  message: ${message}`);
const deep = (levels: number): string => {
  let text = `${HEAD}tasks:\n`;
  for (let level = 0; level < levels; level++) {
    text += `${'  '.repeat(level)}- id: b${level}\n${'  '.repeat(level)}  type: sequence\n`;
    text += `${'  '.repeat(level)}  tasks:\n`;
  }
  return `${text}${'  '.repeat(levels)}- { id: a, type: log, message: x }\n`;
};
const HOOK = 'triggers:\n  - id: hook\n    type: webhook\n';

const rows: readonly Row[] = [
  {
    code: 'yaml-syntax',
    title: 'a tab as indentation',
    text: `${HEAD}tasks:\n\t- { id: a, type: log, message: x }\n`,
    at: '4:1',
    says: 'tab',
    hint: 'spaces',
  },
  {
    code: 'yaml-syntax',
    title: 'a bracket that is not closed',
    text: `${HEAD}labels: { a: b\ntasks: []\n`,
    says: '}',
  },
  {
    code: 'yaml-syntax',
    title: 'a control character',
    text: `${HEAD}description: a\u0007b\n`,
    at: '3:15',
    says: 'U+0007',
  },
  {
    code: 'yaml-byte-order-mark',
    title: 'a byte order mark',
    text: `\ufeff${withTasks(LOG)}`,
    at: '1:1',
    fix: 'id: example',
  },
  {
    code: 'yaml-duplicate-key',
    title: 'a key twice',
    text: withTasks('- id: a\n  type: log\n  message: x\n  message: y'),
    at: '7:5',
    marks: 'message',
    says: 'line 6',
  },
  {
    code: 'yaml-integer-too-large',
    title: 'an integer that would lose digits',
    text: withTasks('- { id: a, type: return, value: 9007199254740993 }'),
    marks: '9007199254740993',
    fix: 'value: "9007199254740993"',
  },
  {
    code: 'yaml-too-large',
    title: 'values nested too deeply',
    text: withTasks(`- { id: a, type: return, value: ${'['.repeat(500)}${']'.repeat(500)} }`),
    says: '400 levels',
  },
  {
    code: 'yaml-too-large',
    title: 'more than 512 KiB',
    text: `${HEAD}description: ${'x'.repeat(600_000)}\n`,
    says: '512 KiB',
  },
  {
    code: 'yaml-unsupported',
    title: 'two documents',
    text: `${withTasks(LOG)}---\n${withTasks(LOG)}`,
    says: 'one flow',
  },
  {
    code: 'yaml-unsupported',
    title: 'a tag',
    text: log('!env HOME'),
    says: '!env',
    hint: 'no tags',
  },
  {
    code: 'yaml-unsupported',
    title: 'an alias inside of what it names',
    text: withTasks('- { id: a, type: return, value: &v { x: *v } }'),
    marks: '*v',
    says: 'inside',
  },
  {
    code: 'yaml-unsupported',
    title: 'an alias of nothing',
    text: withTasks('- { id: a, type: return, value: *nothing }'),
    says: '&nothing',
  },
  {
    code: 'yaml-unsupported',
    title: 'a list as a key',
    text: withTasks('- { id: a, type: return, value: { ? [a] : b } }'),
    says: 'must be text',
  },
  {
    code: 'yaml-unsupported',
    title: 'a number that JSON lacks',
    text: withTasks('- { id: a, type: return, value: .inf }'),
    marks: '.inf',
  },
  {
    code: 'key-reserved',
    title: 'the key of a prototype',
    text: withTasks('- { id: a, type: return, value: { __proto__: { admin: true } } }'),
    marks: '__proto__',
  },
  {
    code: 'key-reserved',
    title: 'the key of a reference',
    text: withTasks('- { id: a, type: return, value: { $millrace.reference: 1 } }'),
    says: 'blob store',
  },
  { code: 'flow-not-a-map', title: 'a list', text: '- id: a\n', at: '1:1' },
  { code: 'flow-not-a-map', title: 'nothing', text: '', at: '1:1' },
  {
    code: 'dialect-unavailable',
    title: 'a flow of Kestra',
    text: withTasks('- { id: a, type: io.kestra.plugin.core.log.Log, message: "{{ inputs.x }}" }'),
    marks: 'io.kestra.plugin.core.log.Log',
    says: 'Kestra',
  },
  {
    code: 'dialect-unavailable',
    title: 'a flow that says so',
    text: `${HEAD}dialect: kestra\n`,
    marks: 'kestra',
  },
  {
    code: 'property-unknown',
    title: 'a typo',
    text: withTasks('- { id: a, type: log, mesage: x, message: y }'),
    marks: 'mesage',
    hint: 'Did you mean `message`?',
  },
  {
    code: 'property-unknown',
    title: 'a typo, mended',
    text: withTasks('- { id: a, type: log, message: x, idempotencykey: k }'),
    fix: 'idempotencyKey: k',
  },
  {
    code: 'property-unknown',
    title: 'a property of the flow that comes later',
    text: `${withTasks(LOG)}concurrency: { limit: 1 }\n`,
    marks: 'concurrency',
    hint: 'not available in this version',
  },
  {
    code: 'property-unknown',
    title: 'a property of a task that comes later',
    text: withTasks('- { id: a, type: log, message: x, timeout: 3s }'),
    marks: 'timeout',
    hint: 'not available in this version',
  },
  {
    code: 'property-unknown',
    title: 'a property of a trigger that comes later',
    text: withTasks(LOG, `${HOOK}    batch: 3\n`),
    marks: 'batch',
    hint: 'not available in this version',
  },
  {
    code: 'property-unknown',
    title: 'inside a property',
    text: withTasks(LOG, `${HOOK}    verify: { preset: github, secret: x, tolerence: 5m }\n`),
    marks: 'tolerence',
    fix: 'tolerance: 5m',
  },
  {
    code: 'property-missing',
    title: 'a required property of a type',
    text: withTasks('- id: a\n  type: http.request'),
    at: '4:5',
    says: 'task `a` needs `uri`',
  },
  { code: 'property-missing', title: 'a flow without tasks', text: HEAD, says: '`tasks`' },
  {
    code: 'property-invalid',
    title: 'the wrong kind of value',
    text: withTasks('- { id: a, type: log, message: x, disabled: 3 }'),
    marks: '3',
    says: 'must be true or false, and `3` is a number',
  },
  {
    code: 'property-invalid',
    title: 'a value that is not in the list',
    text: withTasks('- { id: a, type: log, message: x, level: wrn }'),
    marks: 'wrn',
    hint: 'Did you mean `warn`?',
  },
  {
    code: 'property-invalid',
    title: 'a choice of several kinds',
    text: withTasks(LOG, `${HOOK}    verify: { preset: github, secret: 5 }\n`),
    marks: '5',
    says: 'must be text or a list, and `5` is a number',
  },
  {
    code: 'property-invalid',
    title: 'inside the branch of a choice that was meant',
    text: withTasks(LOG, `${HOOK}    verify: { preset: github, secret: [a, 5] }\n`),
    marks: '5',
    says: 'must be text',
  },
  {
    code: 'property-invalid',
    title: 'an id that would be a calculation',
    text: withTasks('- { id: charge-card, type: log, message: x }'),
    marks: 'charge-card',
    hint: 'charge_card',
    fix: 'id: charge_card',
  },
  {
    code: 'property-invalid',
    title: 'no task in the list',
    text: `${HEAD}tasks: []\n`,
    says: 'is empty',
  },
  {
    code: 'property-invalid',
    title: 'the name of a variable',
    text: withTasks(LOG, 'variables: { a-b: 1 }\n'),
    says: 'must be made of letters',
  },
  {
    code: 'type-unknown',
    title: 'a typo in a task type',
    text: withTasks('- { id: a, type: logg, message: x }'),
    marks: 'logg',
    hint: 'Did you mean `log`?',
  },
  {
    code: 'type-unknown',
    title: 'a task type that comes later',
    text: withTasks('- { id: a, type: foreach, values: [1] }'),
    marks: 'foreach',
    hint: 'not available in this version',
  },
  {
    code: 'type-unknown',
    title: 'a type of our own use',
    text: withTasks('- { id: a, type: expression.evaluate }'),
    marks: 'expression.evaluate',
  },
  {
    code: 'type-unknown',
    title: 'a trigger type that comes later',
    text: withTasks(LOG, 'triggers: [ { id: t, type: kafka.realtime, topic: orders } ]\n'),
    marks: 'kafka.realtime',
    hint: 'not available in this version',
  },
  {
    code: 'type-unknown',
    title: 'an input type that comes later',
    text: withTasks(LOG, 'inputs: [ { id: f, type: file } ]\n'),
    marks: 'file',
    hint: 'not available in this version',
  },
  {
    code: 'id-duplicate',
    title: 'two tasks, one of them in a block',
    text: withTasks(`${LOG}\n- id: b\n  type: sequence\n  tasks:\n    ${LOG}`),
    at: '8:15',
    says: 'line 4',
  },
  {
    code: 'id-duplicate',
    title: 'a task and a trigger',
    text: withTasks(LOG, 'triggers: [ { id: a, type: webhook } ]\n'),
    says: '`a`',
  },
  {
    code: 'id-duplicate',
    title: 'two inputs',
    text: withTasks(LOG, 'inputs: [ { id: x, type: int }, { id: x, type: int } ]\n'),
    says: 'an input',
  },
  { code: 'block-too-deep', title: 'blocks in blocks', text: deep(65), says: '64 levels' },
  {
    code: 'input-default-invalid',
    title: 'a default of another type',
    text: withTasks(LOG, 'inputs: [ { id: n, type: int, defaults: many } ]\n'),
    marks: 'many',
    says: 'whole number',
  },
  {
    code: 'input-default-invalid',
    title: 'a default out of range',
    text: withTasks(LOG, 'inputs: [ { id: n, type: int, defaults: 0, min: 1 } ]\n'),
    says: 'less than 1',
  },
  {
    code: 'when-not-a-condition',
    title: 'text',
    text: withTasks('- { id: a, type: log, message: x, when: inputs.total > 5 }'),
    marks: 'inputs.total > 5',
    hint: '<<',
  },
  {
    code: 'when-not-a-condition',
    title: 'an expression with text around it',
    text: withTasks('- { id: a, type: log, message: x, when: "<< true >> and << false >>" }'),
    marks: '"<< true >> and << false >>"',
  },
  {
    code: 'expression-syntax',
    title: 'no expression',
    text: log('"<< 1 + >>"'),
    at: '6:22',
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'a comma inside braces',
    text: withTasks('- { id: a, type: return, value: << [1, 2] >> }'),
    fix: 'value: "<< [1, 2] >>" }',
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'a comma in a call, text behind it',
    text: withTasks('- { id: a, type: log, message: n << range(1, 2) | first >> ok }'),
    fix: 'message: "n << range(1, 2) | first >> ok" }',
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'a colon and a space',
    text: log('<< { a: 1 } | json >>'),
    fix: 'message: "<< { a: 1 } | json >>"',
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'a colon, and double quotes in the expression',
    text: log('total << true ? "a: b" : "c" >> end'),
    fix: `message: 'total << true ? "a: b" : "c" >> end'`,
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'a space and #',
    text: log("<< 'item #' ~ 5 >>"),
    fix: `message: "<< 'item #' ~ 5 >>"`,
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'two expressions, the second cut',
    text: withTasks('- { id: a, type: log, message: << 1 >> and << [2, 3] >> }'),
    fix: 'message: "<< 1 >> and << [2, 3] >>" }',
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'a key',
    text: withTasks('- { id: a, type: output, values: { << f, g >>: 1 } }'),
    says: 'cuts this expression',
  },
  {
    code: 'expression-cut-by-yaml',
    title: 'in quotes, not closed',
    text: log('"<< inputs.x"'),
    says: 'not closed',
  },
  {
    code: 'expression-in-static-property',
    title: 'in a static property',
    text: withTasks(LOG, `${HOOK}    wait: << flow.id >>\n`),
    marks: '<< flow.id >>',
    says: '`wait` of trigger `hook` is static',
  },
  {
    code: 'expression-in-static-property',
    title: 'in a default',
    text: withTasks(LOG, 'inputs: [ { id: x, type: string, defaults: << flow.id >> } ]\n'),
    marks: '<< flow.id >>',
  },
  {
    code: 'expression-in-static-property',
    title: 'in a key that is not free',
    text: withTasks('- { id: a, type: return, value: { "<< flow.id >>": 1 } }'),
    marks: '"<< flow.id >>"',
  },
  {
    code: 'expression-needs-space',
    title: 'no white space after the opener',
    text: log('hello <<flow.id>>'),
    marks: '<<flow.id>>',
    fix: 'hello << flow.id >>',
  },
  {
    code: 'kestra-expression-in-native-flow',
    title: 'an expression of Kestra',
    text: log('"hello {{ flow.id }}"'),
    marks: '{{ flow.id }}',
    fix: '"hello << flow.id >>"',
  },
  {
    code: 'unknown-root',
    title: 'a name that is no root',
    text: log('<< input.x >>'),
    marks: 'input',
    hint: 'inputs',
  },
  {
    code: 'unknown-filter',
    title: 'a filter',
    text: log('<< flow.id | uper >>'),
    marks: 'uper',
    hint: 'upper',
  },
  { code: 'unknown-function', title: 'a function', text: log('<< nowe() >>'), hint: 'now' },
  { code: 'unknown-test', title: 'a test', text: log('<< flow.id is defind >>'), hint: 'defined' },
  { code: 'wrong-arguments', title: 'arguments', text: log('<< now(1) >>') },
  { code: 'bad-regex', title: 'a regex', text: log(`"<< flow.id | regexReplace('(', '') >>"`) },
  {
    code: 'render-of-trigger-data',
    title: 'render',
    text: log('<< render(trigger.body) >>'),
  },
  {
    code: 'reference-unknown',
    title: 'an input',
    text: withTasks(
      '- { id: a, type: log, message: << inputs.ordr >> }',
      'inputs: [ { id: order, type: json } ]\n',
    ),
    marks: 'inputs.ordr',
    hint: 'Did you mean `order`?',
  },
  {
    code: 'reference-unknown',
    title: 'a variable',
    text: log('<< vars.x >>'),
    says: 'no variable `x`',
    hint: 'none',
  },
  {
    code: 'reference-unknown',
    title: 'a task',
    text: withTasks(`${LOG}\n- { id: b, type: log, message: << outputs.c >> }`),
    says: 'no task `c`',
  },
  {
    code: 'reference-unknown',
    title: 'an output of a type',
    text: withTasks(
      '- { id: call, type: http.request, uri: https://a.example }\n- { id: b, type: log, message: << outputs.call.bdy.id >> }',
    ),
    says: 'bdy',
    hint: 'Did you mean `body`?',
  },
  {
    code: 'reference-unknown',
    title: 'an output of an `output` task',
    text: withTasks(
      '- { id: o, type: output, values: { total: 1 } }\n- { id: b, type: log, message: << outputs.o.totl >> }',
    ),
    hint: 'Did you mean `total`?',
  },
  {
    code: 'reference-unknown',
    title: 'a field of the execution',
    text: log('<< execution.ide >>'),
    hint: 'Did you mean `id`?',
  },
  {
    code: 'reference-unknown',
    title: 'an input that a trigger gives',
    text: withTasks(
      LOG,
      `${HOOK}    inputs: { ordr: 1 }\ninputs: [ { id: order, type: json, required: false } ]\n`,
    ),
    marks: 'ordr',
    hint: 'Did you mean `order`?',
  },
  {
    code: 'reference-unavailable',
    title: '`item` outside a loop',
    text: log('<< item.value >>'),
    hint: 'not available in this version',
  },
  {
    code: 'reference-unavailable',
    title: '`inputs` in a trigger',
    text: withTasks(LOG, `${HOOK}    when: << inputs.x >>\n`),
    hint: 'trigger',
  },
  {
    code: 'reference-unavailable',
    title: '`trigger` in what verifies it',
    text: withTasks(LOG, `${HOOK}    verify: { preset: github, secret: << trigger.body >> }\n`),
    marks: 'trigger.body',
  },
  {
    code: 'reference-unavailable',
    title: 'a variable further down',
    text: withTasks(LOG, 'variables:\n  a: << vars.b >>\n  b: 1\n'),
    says: 'no value yet',
  },
  {
    code: 'output-not-yet',
    title: 'of a later task',
    text: withTasks(
      `- { id: a, type: log, message: << outputs.b >> }\n- { id: b, type: log, message: x }`,
    ),
    marks: 'outputs.b',
  },
  {
    code: 'output-not-yet',
    title: 'of itself',
    text: log('<< outputs.a >>'),
    marks: 'outputs.a',
  },
  {
    code: 'output-not-yet',
    title: 'of the block around it',
    text: withTasks(
      '- id: b\n  type: sequence\n  tasks: [ { id: a, type: log, message: << tasks.b.state >> } ]',
    ),
    marks: 'tasks.b.state',
  },
  {
    code: 'impure-not-allowed',
    title: 'a secret in `when`',
    text: withTasks(`- { id: a, type: log, message: x, when: << secret('X') == 'y' >> }`),
    says: 'stored in the log',
  },
  {
    code: 'impure-not-allowed',
    title: 'a secret in `output`',
    text: withTasks(`- { id: a, type: output, values: { x: << secret('X') >> } }`),
    says: '`values` of task `a`',
  },
  {
    code: 'impure-not-allowed',
    title: 'a variable of the environment in a label',
    text: withTasks(LOG, `labels: { host: << env('HOST') >> }\n`),
    hint: 'in a task first',
  },
  {
    code: 'impure-not-allowed',
    title: 'a secret in the inputs that a trigger gives',
    text: withTasks(
      LOG,
      `${HOOK}    inputs: { s: << secret('X') >> }\ninputs: [ { id: s, type: string } ]\n`,
    ),
    says: '`inputs` of trigger `hook`',
  },
  {
    code: 'impure-not-allowed',
    title: 'a secret in an idempotency key',
    text: withTasks(
      `- { id: a, type: http.request, uri: https://a.example, idempotencyKey: << secret('X') >> }`,
    ),
    says: 'idempotencyKey',
  },
  {
    code: 'trigger-field-not-always-present',
    title: 'a field that the only trigger lacks',
    text: withTasks('- { id: a, type: log, message: << trigger.partition >> }', HOOK),
    marks: 'trigger.partition',
    says: '`hook`',
  },
  {
    code: 'trigger-field-not-always-present',
    title: 'a field of a webhook without a webhook',
    text: log('<< trigger.body >>'),
  },
  {
    code: 'trigger-input-missing',
    title: 'a required input',
    text: withTasks(LOG, `${HOOK}inputs: [ { id: order, type: json } ]\n`),
    marks: 'hook',
    says: '`order`',
  },
  {
    code: 'too-many-findings',
    title: 'more than are shown',
    text: withTasks('- { id: a-b, type: log, message: x }\n'.repeat(150)),
    says: 'more are not shown',
  },
];

describe('diagnostics', () => {
  it.each(rows)('$code: $title', ({ code, text, at, marks, says, hint, fix }) => {
    const all = diagnose(text);
    const diagnostic = all.find(
      (one) => one.code === code && (says === undefined || one.message.includes(says)),
    );
    expect(diagnostic, JSON.stringify(all, null, 2)).toBeDefined();
    if (diagnostic === undefined) return;
    const { range } = diagnostic;
    if (at !== undefined) expect(`${range.line}:${range.column}`).toBe(at);
    if (marks !== undefined) {
      const line = text.split('\n')[range.line - 1] ?? '';
      expect(line.slice(range.column - 1, range.endColumn - 1)).toBe(marks);
    }
    if (hint !== undefined) expect(diagnostic.hint).toContain(hint);
    if (fix === undefined) return;
    const mended = fixed(text, diagnostic);
    expect(mended).toContain(fix);
    expect(diagnose(mended).filter((one) => one.code === code)).toEqual([]);
  });

  it.each(rows)('$code: $title: nothing but the severity of its code', ({ code, text }) => {
    const { flow, diagnostics } = readFlow(text, { catalog });
    const severities = diagnostics.filter((one) => one.code === code);
    expect(severities.every(({ severity }) => severity === diagnosticCodes[code])).toBe(true);
    const refused = diagnostics.some(({ severity }) => severity === 'error');
    expect(flow === undefined).toBe(refused);
    const strict = readFlow(text, { catalog, strict: true });
    expect(strict.flow).toBeUndefined();
  });

  it('have a row and a section in docs/errors.md for each code', async () => {
    const codes = Object.keys(diagnosticCodes).sort();
    expect([...new Set(rows.map(({ code }) => code))].sort()).toEqual(codes);
    const file = path.join(import.meta.dirname, '../../../docs/errors.md');
    const docs = await readFile(file, 'utf8');
    const sections = [...docs.matchAll(/^### `([a-z-]+)`$/gm)].map(([, code]) => code);
    expect(codes.filter((code) => !sections.includes(code))).toEqual([]);
  });
});
