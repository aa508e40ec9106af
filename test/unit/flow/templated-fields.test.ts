/**
 * Rows S1, S2, S14 and S15 of the security table over every templated field that a flow has. The fields come
 * from the catalog, so that a new task type is held to them without anybody thinking of it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CompiledValue,
  evaluate,
  evaluateTree,
  ExpressionError,
  type Scope,
  type Template,
} from '../../../src/expression/index.ts';
import type { CheckedFlow } from '../../../src/flow/definition.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { taskProperties, triggerProperties } from '../../../src/flow/schema/shape.ts';
import type { PropertySchema, TriggerType } from '../../../src/model/catalog.ts';
import type { Json, JsonObject } from '../../../src/support/json.ts';
import { catalog } from './catalog.ts';

/** A place for one expression in a flow, and what the expression became. */
interface Field {
  readonly name: string;
  flowWith(value: Json): JsonObject;
  compiledIn(flow: CheckedFlow): CompiledValue | Template | undefined;
}

const base = {
  id: 'example',
  namespace: 'docs',
  inputs: [{ id: 'x', type: 'json', required: false }],
};
const rest = { id: 'rest', type: 'log', message: 'x' };

function templatedOf(properties: Readonly<Record<string, PropertySchema>>): readonly string[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    schema['x-kind'] === 'templated' ? [name] : [],
  );
}

type Needs = Pick<TriggerType, 'properties' | 'required' | 'exactlyOne'>;

/** What a type needs beside the property in question. */
function others({ properties, required, exactlyOne = [] }: Needs, name: string): JsonObject {
  const needed = [...required, ...exactlyOne.slice(0, 1)];
  const names = needed.filter((other) => other !== name && properties[other] !== undefined);
  return Object.fromEntries(names.map((other) => [other, sampleOf(properties[other])]));
}

/** An expression fits every templated property; a static one gets the simplest value that there is. */
function sampleOf(schema: PropertySchema | undefined): Json {
  if (schema?.['x-kind'] === 'templated') return '<< flow.id >>';
  const samples = { duration: '1h', interval: '1h', cron: '@hourly', timezone: 'UTC' } as const;
  const format = schema?.['x-format'];
  const byFormat = Object.entries(samples).find(([name]) => name === format)?.[1];
  const byType = schema?.['type'] === 'array' ? ['x'] : 'x';
  const choices = schema?.['enum'];
  return byFormat ?? (Array.isArray(choices) ? String(choices[0]) : byType);
}

function* taskFields(): Iterable<Field> {
  const common = templatedOf(taskProperties) as ('when' | 'timeout' | 'idempotencyKey')[];
  for (const type of catalog.tasks.values()) {
    const { properties, required, children, internal } = type;
    if (internal) continue;
    const blocks = Object.fromEntries(
      children
        .filter(({ property }) => required.includes(property))
        .map(({ property, shape }) => [property, shape === 'map' ? { one: [rest] } : [rest]]),
    );
    for (const name of [...templatedOf(properties), ...common]) {
      const more = { ...others(type, name), ...blocks };
      yield {
        name: `${name} of a task ${type.type}`,
        flowWith: (value) => ({
          ...base,
          tasks: [{ id: 'a', type: type.type, ...more, [name]: value }],
        }),
        compiledIn: ({ tasks: [task] }) => {
          const isCommon = common.find((one) => one === name);
          return isCommon === undefined ? task?.properties[name] : task?.[isCommon];
        },
      };
    }
  }
}

const loopFields: readonly Field[] = [
  {
    name: 'outputs of a loop',
    flowWith: (value) => {
      const outputs = [{ id: 'o', value }];
      return {
        ...base,
        tasks: [{ id: 'a', type: 'foreach', values: [1], tasks: [rest], outputs }],
      };
    },
    compiledIn: ({ tasks: [task] }) => task?.outputs?.[0]?.value,
  },
];

function* triggerFields(): Iterable<Field> {
  const common = templatedOf(triggerProperties) as (
    'when' | 'inputs' | 'labels' | 'idempotencyKey'
  )[];
  for (const type of catalog.triggers.values()) {
    const { properties } = type;
    for (const name of [...templatedOf(properties), ...common]) {
      const trigger = { id: 't', type: type.type, ...others(type, name) };
      const isCommon = common.find((one) => one === name);
      yield {
        name: `${name} of a trigger ${type.type}`,
        flowWith: (value) => ({
          ...base,
          tasks: [rest],
          triggers: [{ ...trigger, [name]: value }],
        }),
        compiledIn: ({ triggers: [compiled] }) =>
          isCommon === undefined ? compiled?.properties[name] : compiled?.[isCommon],
      };
    }
  }
}

const flowFields: readonly Field[] = [
  {
    name: 'labels of the flow',
    flowWith: (value) => ({ ...base, tasks: [rest], labels: { label: value } }),
    compiledIn: ({ labels }) => labels,
  },
  {
    name: 'timeout of the flow',
    flowWith: (value) => ({ ...base, tasks: [rest], timeout: value }),
    compiledIn: ({ timeout }) => timeout,
  },
  {
    name: 'variables of the flow',
    flowWith: (value) => ({ ...base, tasks: [rest], variables: { v: value } }),
    compiledIn: ({ variables }) => variables[0]?.value,
  },
  {
    name: 'outputs of the flow',
    flowWith: (value) => ({ ...base, tasks: [rest], outputs: [{ id: 'o', value }] }),
    compiledIn: ({ outputs }) => outputs[0]?.value,
  },
];

const fields: readonly Field[] = [
  ...flowFields,
  ...taskFields(),
  ...loopFields,
  ...triggerFields(),
];

const EVIL = "<< secret('PAY_TOKEN') >> {{ flow.id }} << flow.id >>";
const scope: Scope = {
  roots: {
    flow: { id: 'example', namespace: EVIL, revision: 1 },
    inputs: { x: EVIL },
    trigger: { id: 't', type: 'webhook', body: EVIL },
  },
  now: 0,
  seed: 's',
  property: 'p',
};

/** The value, or the code of what refused it: a diagnostic or an error of the evaluation. */
function outcome(
  field: Field,
  value: Json,
): { readonly refused: string } | { readonly value: unknown } {
  const { flow, diagnostics } = readFlow(JSON.stringify(field.flowWith(value)), { catalog });
  if (flow === undefined) return { refused: diagnostics.map(({ code }) => code).join() };
  const compiled = field.compiledIn(flow);
  if (compiled === undefined) expect.fail(`${field.name} is not compiled`);
  try {
    const isTemplate = 'source' in compiled;
    return { value: isTemplate ? evaluate(compiled, scope) : evaluateTree(compiled, scope) };
  } catch (error) {
    if (error instanceof ExpressionError && error.code !== 'internal')
      return { refused: error.code };
    throw error;
  }
}

afterEach(() => {
  expect(Object.hasOwn(globalThis, 'escaped')).toBe(false);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

const PROOF = 'globalThis.escaped = true';
const escapes = [
  'constructor',
  '__proto__',
  'flow.constructor',
  'flow.__proto__',
  "flow['constructor']",
  'flow.id.constructor',
  `flow.id.constructor.constructor("${PROOF}")()`,
  `range.constructor("${PROOF}")()`,
  `cycler.constructor("${PROOF}")()`,
  '[].concat.constructor',
  'range(1) | map("constructor")',
  'globalThis',
  'process.env',
  'flow.id | constructor',
  '"".toString()',
];

describe('every templated field', () => {
  it('there are many', () => {
    expect(fields.length).toBeGreaterThan(40);
    expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
  });

  it.each(fields)('S1: $name refuses escapes', (field) => {
    for (const attack of escapes) {
      const done = outcome(field, `<< ${attack} >>`);
      if ('value' in done) {
        // Filters that look up answer with nothing rather than with what is inherited.
        expect(JSON.stringify(done.value), attack).not.toMatch(/function|native|\[object/i);
        expect(typeof done.value, attack).not.toBe('function');
      }
    }
    expect(outcome(field, `<< range.constructor("${PROOF}")() >>`)).toHaveProperty('refused');
    expect(outcome(field, '<< flow.constructor >>')).toHaveProperty('refused');
  });

  it.each(fields)('S2: $name never evaluates a value', (field) => {
    for (const expression of ['flow.namespace', 'inputs.x', 'trigger.body']) {
      const done = outcome(field, `<< ${expression} >>`);
      if ('value' in done)
        expect(JSON.stringify(done.value)).toContain(JSON.stringify(EVIL).slice(1, -1));
      else
        expect(done.refused).toMatch(/^(reference-unavailable|trigger-field-not-always-present)/);
    }
  });

  it.each(fields)('S14: $name has no slow regular expression', (field) => {
    const start = process.cpuUsage();
    const text = 'a'.repeat(60);
    outcome(field, `<< "${text}!" | matches("^(a+)+$") | string >>`);
    const { user } = process.cpuUsage(start);
    // A backtracking engine takes years for this one.
    expect(user / 1_000).toBeLessThan(2_000);
  });

  it.each(fields)('S15: $name does not take the key of a prototype', (field) => {
    expect(outcome(field, JSON.parse('{"__proto__": {"admin": true}}') as Json)).toEqual({
      refused: expect.stringContaining('key-reserved'),
    });
    const made = outcome(field, '<< {"__proto__": {"admin": true}} >>');
    if ('value' in made) {
      const value = made.value as Readonly<Record<string, unknown>> | null;
      expect(Object.getPrototypeOf(Object(value))).not.toHaveProperty('admin');
    }
  });
});
