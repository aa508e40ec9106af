/** What the engine is given: order, kinds of properties, what is evaluated where. */
import { describe, expect, it } from 'vitest';
import { evaluateTree } from '../../../src/expression/index.ts';
import { explain } from '../../../src/flow/explain.ts';
import { buildCatalog, type TaskType } from '../../../src/model/catalog.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { catalog } from './catalog.ts';
import { codesOf, flowOf, HEAD, withTasks } from './reading.ts';

const scope = (roots: Record<string, unknown>) => ({ roots, now: 0, seed: 's', property: 'p' });
const LOG = '- { id: a, type: log, message: hello }';

describe('a flow that reads', () => {
  const flow = flowOf(`id: order.fulfil-2
namespace: shop.orders
description: |
  It says {{ anything }} and << anything.
labels: { team: orders }
disabled: true
x-anything: { free: [1, 2] }
inputs:
  - { id: order, type: json, description: The order. }
  - { id: limit, type: int, defaults: 3, min: 1, max: 9 }
  - { id: tags, type: array, itemType: string, required: false }
variables:
  api: https://api.example
  orders: << vars.api >>/orders/<< inputs.order.id >>
triggers:
  - id: hook
    type: webhook
    when: << trigger.method == 'POST' >>
    idempotencyKey: << trigger.body.id >>
    inputs: { order: << trigger.body >> }
    labels: { from: << trigger.path >> }
    wait: 5s
    verify: { preset: github, secret: << secret('HOOK') >> }
tasks:
  - id: block
    type: sequence
    when: true
    tasks:
      - id: call
        type: http.request
        uri: << vars.orders >>
        headers: { "<< 'x-' ~ flow.id >>": << secret('TOKEN') >>, accept: text/plain }
        workerGroup: eu.west
        idempotencyKey: order-<< inputs.order.id >>
      - { id: note, type: log, message: "<< outputs.call.status >>", disabled: true }
outputs:
  - { id: status, type: int, value: << outputs.call.status >> }
  - { id: whole, value: { call: << outputs.call >> } }
`);

  it('has its identity and its switches', () => {
    expect(flow).toMatchObject({
      key: 'shop.orders/order.fulfil-2',
      namespace: 'shop.orders',
      id: 'order.fulfil-2',
      description: 'It says {{ anything }} and << anything.\n',
      disabled: true,
    });
    expect(flow.source.startsWith('id: order.fulfil-2\n')).toBe(true);
  });

  it('has its inputs', () => {
    expect(flow.inputs).toEqual([
      { id: 'order', type: 'json', description: 'The order.', required: true },
      { id: 'limit', type: 'int', defaults: 3, min: 1, max: 9, required: false },
      { id: 'tags', type: 'array', itemType: 'string', required: false },
    ]);
  });

  it('has its variables in their order', () => {
    expect(flow.variables.map(({ id }) => id)).toEqual(['api', 'orders']);
    const roots = { vars: { api: 'https://api.example' }, inputs: { order: { id: 'o1' } } };
    const values = flow.variables.map(({ value }) => evaluateTree(value, scope(roots)));
    expect(values).toEqual(['https://api.example', 'https://api.example/orders/o1']);
  });

  it('has its tasks as a tree and by id', () => {
    const [block] = flow.tasks;
    expect(block).toMatchObject({ id: 'block', type: 'sequence', where: 'executor', blocks: [] });
    expect(block?.properties).toEqual({});
    expect(block?.when?.source).toBe('true');
    expect(block?.children['tasks']?.map(({ id }) => id)).toEqual(['call', 'note']);
    expect([...flow.taskById.keys()].sort()).toEqual(['block', 'call', 'note']);
    expect(flow.taskById.get('call')).toBe(block?.children['tasks']?.[0]);
    expect(flow.taskById.get('call')).toMatchObject({
      where: 'worker',
      workerGroup: 'eu.west',
      impure: true,
      blocks: ['block'],
    });
    expect(flow.taskById.get('note')).toMatchObject({
      where: 'executor',
      workerGroup: 'default',
      impure: false,
      disabled: true,
    });
    const key = flow.taskById.get('call')?.idempotencyKey;
    expect(key).toMatchObject({ kind: 'mixed' });
  });

  it('evaluates keys of free maps', () => {
    const headers = flow.taskById.get('call')?.properties['headers'];
    if (headers === undefined) expect.fail('no headers');
    const impure = { secret: (name: string) => `secret of ${name}`, env: () => undefined };
    const roots = { flow: { id: 'f' } };
    expect(evaluateTree(headers, { ...scope(roots), impure })).toEqual({
      'x-f': 'secret of TOKEN',
      accept: 'text/plain',
    });
  });

  it('has its triggers', () => {
    const [hook] = flow.triggers;
    expect(hook).toMatchObject({ id: 'hook', type: 'webhook', disabled: false });
    expect(hook?.when).toMatchObject({ kind: 'expression' });
    expect(hook?.idempotencyKey).toMatchObject({ kind: 'expression' });
    expect(Object.keys(hook?.properties ?? {}).sort()).toEqual(['verify', 'wait']);
    expect(hook?.properties['wait']).toMatchObject({ constant: true, node: { value: '5s' } });
    const trigger = { body: { id: 1 }, path: '/x' };
    const values = [hook?.inputs, hook?.labels].map(
      (value) => value && evaluateTree(value, scope({ trigger })),
    );
    expect(values).toEqual([{ order: { id: 1 } }, { from: '/x' }]);
  });

  it('has its outputs', () => {
    expect(flow.outputs.map(({ id, type }) => [id, type])).toEqual([
      ['status', 'int'],
      ['whole', 'json'],
    ]);
  });

  it('says where each task runs, and why', () => {
    expect(explain(flow)).toEqual([
      {
        id: 'block',
        type: 'sequence',
        depth: 0,
        list: 'tasks',
        where: 'executor',
        because: [],
      },
      {
        id: 'call',
        type: 'http.request',
        depth: 1,
        list: 'tasks',
        where: 'worker',
        workerGroup: 'eu.west',
        because: ['`http.request` runs on workers', '`headers.accept` calls `secret`'].map((text) =>
          text.replace('headers.accept', "headers.<< 'x-' ~ flow.id >>"),
        ),
      },
      {
        id: 'note',
        type: 'log',
        depth: 1,
        list: 'tasks',
        where: 'executor',
        because: [],
      },
    ]);
  });
});

describe('what may be used where', () => {
  it('a log that calls a secret becomes a task of a worker', () => {
    const flow = flowOf(withTasks("- { id: a, type: log, message: << env('HOST') >> }"));
    expect(flow.tasks[0]).toMatchObject({ where: 'executor', impure: true });
    expect(explain(flow)).toMatchObject([{ where: 'worker', because: ['`message` calls `env`'] }]);
  });

  it('tasks see what ended before them, blocks included, and outputs see all', () => {
    const tasks = `- id: first
  type: sequence
  tasks:
    - { id: inner, type: return, value: 1 }
    - { id: sibling, type: log, message: << outputs.inner.value >> }
- { id: last, type: log, message: "<< outputs.inner.value >> << outputs.first >> << tasks.sibling.state >>" }`;
    const outputs = 'outputs: [ { id: o, value: << tasks.last.state >> } ]\n';
    expect(codesOf(withTasks(tasks, outputs))).toEqual([]);
  });

  it('variables that tasks set are known, all of them where their names are not', () => {
    const use = '- { id: b, type: log, message: << vars.made >> }';
    expect(codesOf(withTasks(`- { id: a, type: set, values: { made: 1 } }\n${use}`))).toEqual([]);
    expect(codesOf(withTasks(`- { id: a, type: set, values: << globals.x >> }\n${use}`))).toEqual(
      [],
    );
    expect(codesOf(withTasks(use))).toEqual(['reference-unknown']);
  });

  it('labels see the variables', () => {
    const before = 'labels: { team: << vars.team >> }\nvariables: { team: orders }\n';
    expect(codesOf(withTasks(LOG, before))).toEqual([]);
  });

  it('fields of `trigger` that every trigger has are fine, and so are those provided for', () => {
    const hook = 'triggers: [ { id: hook, type: webhook } ]\n';
    for (const field of ['id', 'type', 'body', 'rawBody', 'headers', 'method']) {
      const task = `- { id: a, type: log, message: << trigger.${field} >> }`;
      expect(codesOf(withTasks(task, hook)), field).toEqual([]);
    }
    const given = '- { id: a, type: log, message: << trigger.partition ?? 0 >> }';
    expect(codesOf(withTasks(given, hook))).toEqual([]);
    // Without a trigger a start comes from the API, or from the topic `starts`, which has an offset.
    expect(codesOf(withTasks('- { id: a, type: log, message: << trigger.offset >> }'))).toEqual([
      'trigger-field-not-always-present',
    ]);
    expect(codesOf(withTasks('- { id: a, type: log, message: << trigger.type >> }'))).toEqual([]);
  });

  it('a templated property may be an expression whatever its type', () => {
    const task = `- id: a
  type: http.request
  uri: https://a.example
  method: << inputs.method >>
  followRedirects: << inputs.hops >>
  allowedStatuses: [404, << inputs.hops >>]
  headers: << inputs.headers >>
  tls: { insecure: << inputs.hops == 1 >> }`;
    const inputs = ['method', 'hops', 'headers']
      .map((id) => `{ id: ${id}, type: json }`)
      .join(', ');
    expect(codesOf(withTasks(task, `inputs: [ ${inputs} ]\n`))).toEqual([]);
  });

  it('text of other languages is text', () => {
    const texts = ['cat <<EOF > x', '1<<3', '<<<here', '<%= erb %>', '<#if x>', "{{ ref('x') }}"];
    for (const text of texts) {
      expect(
        codesOf(withTasks(`- { id: a, type: log, message: ${JSON.stringify(text)} }`)),
        text,
      ).toEqual([]);
    }
  });

  it('verbatim properties are never looked at', () => {
    const script: TaskType = {
      type: 'script',
      title: 'Script',
      description: 'Runs a program.',
      where: 'worker',
      properties: {
        program: { 'x-kind': 'verbatim', type: 'string' },
        folder: { 'x-kind': 'static', type: 'string' },
      },
      required: ['program'],
      children: [],
      internal: false,
    };
    const types = { tasks: [script], triggers: [] };
    const text = withTasks(
      '- { id: a, type: script, program: "<< not an expression {{ inputs.x }} <<x>>", folder: a }',
    );
    const { flow, diagnostics } = readFlow(text, { catalog: buildCatalog(types) });
    expect(diagnostics).toEqual([]);
    expect(flow?.tasks[0]?.properties['program']).toMatchObject({
      constant: true,
      node: { value: '<< not an expression {{ inputs.x }} <<x>>' },
    });
  });
});

describe('the catalog', () => {
  const types = [...catalog.tasks.values()];
  const triggers = [...catalog.triggers.values()];
  const [log] = types;

  it('refuses a type that is there twice', () => {
    expect(() => buildCatalog({ tasks: [...types, ...types], triggers })).toThrow(
      /two plugins bring/,
    );
    expect(() => buildCatalog({ tasks: types, triggers: [...triggers, ...triggers] })).toThrow(
      /two plugins bring/,
    );
  });

  it('refuses types that cannot be used', () => {
    if (log === undefined) expect.fail('no type');
    const property = { 'x-kind': 'static' } as const;
    expect(() =>
      buildCatalog({ tasks: [{ ...log, properties: { when: property } }], triggers }),
    ).toThrow(/every type has already/);
    expect(() => buildCatalog({ tasks: [{ ...log, required: ['more'] }], triggers })).toThrow(
      /does not declare/,
    );
    expect(() => buildCatalog({ tasks: [{ ...log, required: ['id'] }], triggers })).toThrow();
  });

  it('flows cannot name types of our own use', () => {
    expect(catalog.tasks.get('expression.evaluate')?.internal).toBe(true);
    expect(codesOf(`${HEAD}tasks: [ { id: a, type: expression.evaluate } ]\n`)).toContain(
      'type-unknown',
    );
  });
});
