import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInputs } from '../../../src/flow/inputs.ts';
import { type InputDeclaration, inputTypes, type InputType } from '../../../src/model/inputs.ts';
import { valueReference } from '../../../src/model/reference.ts';
import type { Json, JsonObject } from '../../../src/support/json.ts';

function declare(
  id: string,
  type: InputType,
  more: Partial<InputDeclaration> = {},
): InputDeclaration {
  return { id, type, required: true, ...more };
}

/** The value as the flow sees it, or the message. */
function check(type: InputType, value: Json, more: Partial<InputDeclaration> = {}): Json {
  return one(checkInputs([declare('x', type, more)], { x: value }));
}

function fromText(type: InputType, value: Json, more: Partial<InputDeclaration> = {}): Json {
  return one(checkInputs([declare('x', type, more)], { x: value }, { fromText: new Set(['x']) }));
}

function one(checked: ReturnType<typeof checkInputs>): Json {
  if (checked.ok) return checked.inputs['x'] ?? null;
  return `! ${checked.problems.map(({ code, message }) => `${code}: ${message}`).join('; ')}`;
}

describe('inputs of each type', () => {
  const right: readonly (readonly [InputType, Json])[] = [
    ['string', ''],
    ['int', 0],
    ['int', -5],
    ['int', 3.0],
    ['float', 3],
    ['float', -0.5],
    ['bool', false],
    ['json', null],
    ['json', 'text'],
    ['json', { a: [1] }],
    ['datetime', '2026-01-31T08:30:00Z'],
    ['datetime', '2026-01-31T08:30:00.123456+02:00'],
    ['datetime', '2024-02-29T23:59Z'],
    ['date', '2026-01-31'],
    ['date', '0001-01-01'],
    ['time', '08:30'],
    ['time', '23:59:59.999'],
    ['duration', '1h30m'],
    ['duration', 'PT5M'],
    ['array', []],
    ['array', [1, 'a', null]],
  ];
  it.each(right)('%s takes %j', (type, value) => {
    expect(check(type, value)).toEqual(value);
  });

  const wrong: readonly (readonly [InputType, Json, string])[] = [
    ['string', 5, 'text'],
    ['string', { a: 1 }, 'text'],
    ['int', '5', 'whole number'],
    ['int', 1.5, 'whole number'],
    ['int', 2 ** 53, 'whole number'],
    ['float', '1.5', 'number'],
    ['float', true, 'number'],
    ['bool', 'true', 'true or false'],
    ['bool', 1, 'true or false'],
    ['datetime', '2026-01-31T08:30:00', 'zone'],
    ['datetime', '2026-02-30T08:30:00Z', 'zone'],
    ['datetime', '2026-01-31', 'zone'],
    ['datetime', 1_770_000_000, 'zone'],
    ['date', '2026-02-29', 'a date'],
    ['date', '31.01.2026', 'a date'],
    ['time', '24:00', 'time of day'],
    ['time', '8:30', 'time of day'],
    ['duration', '5 minutes', 'duration'],
    ['duration', 300, 'duration'],
    ['array', 'a,b', 'a list'],
    ['array', { 0: 'a' }, 'a list'],
  ];
  it.each(wrong)('%s refuses %j', (type, value, wanted) => {
    expect(check(type, value)).toMatch(/^! input-type: input `x`: /);
    expect(check(type, value)).toContain(wanted);
  });

  it('numbers are held within min and max', () => {
    expect(check('int', 1, { min: 1, max: 3 })).toBe(1);
    expect(check('int', 3, { min: 1, max: 3 })).toBe(3);
    expect(check('int', 0, { min: 1 })).toBe('! input-range: input `x`: 0 is less than 1');
    expect(check('float', 3.5, { max: 3 })).toBe('! input-range: input `x`: 3.5 is more than 3');
  });

  it('items of a list have their type', () => {
    expect(check('array', [1, 2], { itemType: 'int' })).toEqual([1, 2]);
    expect(check('array', [1, 'b'], { itemType: 'int' })).toContain('item 1: "b" is not a whole');
  });

  it('what could be large may be a reference', () => {
    const reference = valueReference({
      uri: 'blob:1',
      bytes: 300_000,
      sha256: '00',
      contentType: 'application/json',
    });
    const value: JsonObject = { ...reference };
    for (const type of inputTypes) {
      const taken = ['string', 'json', 'array'].includes(type);
      expect(typeof check(type, value) === 'object', type).toBe(taken);
    }
  });

  it('a long wrong value is cut in the message', () => {
    expect(JSON.stringify(check('int', 'x'.repeat(10_000))).length).toBeLessThan(200);
  });
});

describe('inputs from text', () => {
  const rows: readonly (readonly [InputType, string, Json])[] = [
    ['int', '5', 5],
    ['int', ' -5 ', -5],
    ['float', '1.5e3', 1500],
    ['float', '.5', 0.5],
    ['bool', 'true', true],
    ['bool', 'false', false],
    ['json', '{"a":1}', { a: 1 }],
    ['json', '"text"', 'text'],
    ['string', '5', '5'],
    ['date', '2026-01-31', '2026-01-31'],
    ['array', 'a,b', ['a', 'b']],
    ['array', '["a", 1]', ['a', 1]],
  ];
  it.each(rows)('%s reads %j', (type, text, value) => {
    expect(fromText(type, text)).toEqual(value);
  });

  it('items of a list are read as their type', () => {
    expect(fromText('array', '1,2', { itemType: 'int' })).toEqual([1, 2]);
    expect(fromText('array', '1,b', { itemType: 'int' })).toContain('item 1');
    expect(fromText('array', '["1"]', { itemType: 'int' })).toContain('item 0');
  });

  it.each([
    ['int', '0x10'],
    ['int', ''],
    ['int', '1.5'],
    ['float', 'Infinity'],
    ['float', '1e999'],
    ['bool', 'yes'],
    ['json', '{'],
    ['json', '{"a":{"$millrace.reference":{}}}'],
    ['json', `${'['.repeat(1_000)}${']'.repeat(1_000)}`],
  ] as const)('%s refuses %j', (type, text) => {
    expect(fromText(type, text)).toMatch(/^! input-type/);
  });

  it('other inputs beside it have the types of JSON', () => {
    const declarations = [declare('x', 'int'), declare('y', 'int')];
    const given = { x: '1', y: '2' };
    expect(checkInputs(declarations, given, { fromText: new Set(['x']) })).toMatchObject({
      ok: false,
      problems: [{ input: 'y', code: 'input-type' }],
    });
  });

  it('values that are not text are checked as ever', () => {
    expect(fromText('int', 5)).toBe(5);
    expect(fromText('string', 5)).toMatch(/^! /);
  });
});

describe('which inputs there are', () => {
  const declarations = [
    declare('order', 'json'),
    declare('count', 'int', { required: false, defaults: 3 }),
    declare('note', 'string', { required: false }),
  ];

  it('defaults are filled in, in the order of the declarations', () => {
    const checked = checkInputs(declarations, { note: 'n', order: 1 });
    expect(checked).toEqual({ ok: true, inputs: { order: 1, count: 3, note: 'n' } });
    expect(checked.ok && Object.keys(checked.inputs)).toEqual(['order', 'count', 'note']);
  });

  it('without a value, an optional one is null', () => {
    expect(checkInputs(declarations, { order: 1, note: null })).toEqual({
      ok: true,
      inputs: { order: 1, count: 3, note: null },
    });
  });

  it('all problems are named at once', () => {
    expect(checkInputs(declarations, { count: 'x', ordr: 1 })).toEqual({
      ok: false,
      problems: [
        {
          input: 'order',
          code: 'input-missing',
          message: 'input `order` (json) is required and was not given',
        },
        { input: 'count', code: 'input-type', message: 'input `count`: "x" is not a whole number' },
        {
          input: 'ordr',
          code: 'input-unknown',
          message: 'the flow has no input `ordr`; did you mean `order`?',
        },
      ],
    });
  });

  it('a flow without inputs says so', () => {
    expect(checkInputs([], { x: 1 })).toMatchObject({
      problems: [{ message: 'the flow has no input `x`; it takes none' }],
    });
  });

  it('names of inherited members are names like others', () => {
    expect(checkInputs([declare('toString', 'string')], {})).toMatchObject({ ok: false });
    expect(checkInputs([declare('toString', 'string')], { toString: 'x' })).toEqual({
      ok: true,
      inputs: { toString: 'x' },
    });
    const foreign = JSON.parse('{"__proto__": {"admin": true}}') as JsonObject;
    expect(checkInputs([], foreign).ok).toBe(false);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('whatever is given, the answer is inputs of the declared types, or problems', () => {
    const all = inputTypes.map((type) => declare(type, type, { required: false }));
    const given = fc.dictionary(fc.constantFrom<string>(...inputTypes, 'other'), fc.jsonValue());
    fc.assert(
      fc.property(given, fc.boolean(), (values, text) => {
        const checked = checkInputs(all, values as JsonObject, {
          fromText: new Set(text ? inputTypes : []),
        });
        if (!checked.ok) return checked.problems.length > 0;
        // Checked values are right as they are.
        return checkInputs(all, checked.inputs).ok;
      }),
    );
  });
});
