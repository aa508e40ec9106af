/** What an editor is told, against what the reader says. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { flowSchema } from '../../../src/flow/schema/flow-schema.ts';
import { blockRows } from './block-rows.ts';
import { catalog } from './catalog.ts';
import { fileRows } from './file-rows.ts';
import { codesOf, withTasks } from './reading.ts';
import { triggerRows } from './trigger-rows.ts';

const schema = flowSchema(catalog);
const ajv = new Ajv2020({ strict: false, allErrors: true });
// ajv-formats is CommonJS: under Node's rules its default import is the module object.
addFormats.default(ajv);
const validate = ajv.compile(schema);

/** Codes of mistakes that a schema can see. */
const visible = ['property-unknown', 'property-missing', 'property-invalid', 'type-unknown'];

describe('flow.schema.json', () => {
  // Durations as people write them have no name in JSON Schema.
  const rows = [...fileRows, ...blockRows, ...triggerRows].filter(
    ({ code, title, unseen }) =>
      visible.includes(code) && unseen !== true && !title.includes('duration'),
  );
  it.each(rows)('marks $code: $title', ({ text }) => {
    expect(validate(parse(text))).toBe(false);
  });

  it('takes expressions for values of any type, at any depth', () => {
    const text = withTasks(`- id: a
  type: http.request
  uri: << vars.api >>
  followRedirects: << inputs.n >>
  allowedStatuses: [404, << inputs.n >>]
  tls: { insecure: << inputs.n == 1 >> }`);
    validate(parse(text));
    expect(validate.errors).toBeNull();
  });

  it('still marks a text that is no expression where no text belongs', () => {
    const text = withTasks(
      '- { id: a, type: http.request, uri: https://a.example, followRedirects: many }',
    );
    expect(codesOf(text)).toEqual(['property-invalid']);
    expect(validate(parse(text))).toBe(false);
  });

  it('describes every type and every property', () => {
    const definitions = Object.entries(schema['$defs'] ?? {}) as [
      string,
      { description?: string; properties?: Record<string, { description?: string }> },
    ][];
    const types = [...catalog.tasks.values()].filter(({ internal }) => !internal);
    expect(definitions.map(([name]) => name).filter((name) => name.startsWith('task.'))).toEqual(
      types.map(({ type }) => `task.${type}`),
    );
    for (const [name, { description, properties = {} }] of definitions) {
      if (name.includes('.')) expect(description, name).toBeTruthy();
      for (const [property, value] of Object.entries(properties)) {
        if (property === 'type') continue;
        expect(value.description, `${name}.${property}`).toBeTruthy();
      }
    }
  });

  it('marks a trigger that has none or several of properties of which it needs one', () => {
    const withTrigger = (more: string): unknown =>
      parse(`id: a\nnamespace: b\ntriggers: [ { id: t, type: test.choice${more} } ]\n${tasks}`);
    const tasks = 'tasks: [ { id: x, type: log, message: x } ]\n';
    const [stream] = [...catalog.triggers.values()];
    if (stream === undefined) expect.fail('no trigger');
    const property = { 'x-kind': 'static', type: 'string' } as const;
    const choice = { properties: { one: property, other: property }, required: [] };
    const type = { ...stream, ...choice, type: 'test.choice', exactlyOne: ['one', 'other'] };
    const triggers = new Map([[type.type, type]]);
    const valid = ajv.compile(flowSchema({ tasks: catalog.tasks, triggers }));
    expect(valid(withTrigger(', one: x'))).toBe(true);
    expect(valid(withTrigger(''))).toBe(false);
    expect(valid(withTrigger(', one: x, other: x'))).toBe(false);
  });

  it('does not offer types of our own use', () => {
    expect(JSON.stringify(schema)).not.toContain('expression.evaluate');
  });
});
