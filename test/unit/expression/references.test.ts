import { describe, expect, it } from 'vitest';
import { evaluateCondition, parseTemplate } from '../../../src/expression/index.ts';
import { isReference, referenceMarker, valueReference } from '../../../src/model/reference.ts';
import { failureOf, pointedAt, scopeOf, valueOf } from './evaluating.ts';

const reference = valueReference({
  uri: 'blob:big',
  bytes: 300_000,
  sha256: 'f'.repeat(64),
  contentType: 'application/json',
});
const stored = { id: 7, rows: [3, 1, 2], uri: 'inner', ok: true };
const roots = { inputs: { big: reference, n: 1, list: [reference], map: { a: reference } } };

/** A worker's scope, which counts what it reads. */
function worker(): { scope: Parameters<typeof valueOf>[1]; reads: string[] } {
  const reads: string[] = [];
  const read = (uri: string): unknown => {
    reads.push(uri);
    return stored;
  };
  const impure = { secret: () => '', env: () => undefined, read };
  return { scope: { roots, impure }, reads };
}

describe('a value kept as a reference', () => {
  it.each([
    ['<< inputs.big >>', reference],
    ['<< inputs.list >>', [reference]],
    ['<< inputs.list[0] >>', reference],
    ['<< inputs.list | first >>', reference],
    ['<< {a: inputs.big} >>', { a: reference }],
    ['<< [inputs.big, 1] >>', [reference, 1]],
    ['<< inputs.big ?? 1 >>', reference],
    ['<< inputs.nope ?? inputs.big >>', reference],
    ['<< inputs.big | default(1) >>', reference],
    ['<< inputs.n == 1 ? inputs.big : 2 >>', reference],
    ['<< inputs.big is defined >>', true],
    ['<< inputs.map | merge({b: 1}) >>', { a: reference, b: 1 }],
    ['<< inputs.list | length >>', 1],
  ])('is passed on whole: %s', (template, value) => {
    expect(valueOf(template, { roots })).toEqual(value);
  });

  it.each([
    ['<< inputs.big.id >>', 'id'],
    ['<< inputs.big.uri >>', 'uri'],
    ['<< inputs.big.kind >>', 'kind'],
    ['<< inputs.big.id ?? 1 >>', 'id'],
    ['<< inputs.big.id is defined >>', 'id'],
    ["<< inputs.big['$millrace.reference'] >>", ''],
    ['<< inputs.big[0] >>', ''],
    ["<< inputs.big['u' ~ 'ri'] >>", ''],
    ['<< inputs.big | length >>', 'length'],
    ['<< inputs.big | keys >>', 'keys'],
    ['<< inputs.big | json >>', 'json'],
    ['<< inputs.map | json >>', 'json'],
    ['<< inputs.list | json >>', 'json'],
    ["<< inputs.list | map('id') >>", 'map'],
    ["<< inputs.list | join(',') >>", 'join'],
    ['<< {} | merge(inputs.big) >>', 'merge'],
    ['<< inputs.big == inputs.n >>', '=='],
    ['<< inputs.map == {a: 1} >>', '=='],
    ["<< inputs.big == 'x' >>", '=='],
    ['<< inputs.big + 1 >>', '+'],
    ["<< inputs.big ~ 'x' >>", ''],
    ['<< -inputs.big >>', '-'],
    ['<< 1 in inputs.big >>', ''],
    ['<< 1 in inputs.list >>', ''],
    ['<< inputs.big > 1 >>', '>'],
    ['<< not inputs.big >>', ''],
    ['<< inputs.big ? 1 : 2 >>', ''],
    ['<< inputs.big is map >>', 'map'],
    ['<< inputs.big is null >>', 'null'],
    ['<< range(inputs.big) >>', 'range'],
    ['x << inputs.big >>', ''],
    ['x << inputs.map >>', ''],
    ['<% for x in inputs.big %><% endfor %>', ''],
    ['<% for a, b in inputs.list %><% endfor %>', ''],
    ['<% if inputs.big %><% endif %>', ''],
  ])('is not looked into by the executor: %s', (template, part) => {
    const error = failureOf(template, { roots });
    expect(error.code).toBe('touches-reference');
    expect(error.message).toContain('300000 bytes');
    if (part !== '') expect(pointedAt(template, error)).toBe(part);
  });

  it.each([
    ['<< inputs.big.id >>', 7],
    ['<< inputs.big.uri >>', 'inner'],
    ['<< inputs.big.nope ?? 1 >>', 1],
    ["<< inputs.big['rows'][0] >>", 3],
    ['<< inputs.big.rows | sort >>', [1, 2, 3]],
    ['<< inputs.big | keys | length >>', 4],
    ['<< inputs.list | json >>', JSON.stringify([stored])],
    ["<< inputs.list | map('id') >>", [7]],
    ["<< inputs.list | map('rows.1') >>", [1]],
    ['<< inputs.big == inputs.big >>', true],
    ['<< inputs.map == {a: inputs.big} >>', true],
    ['<< 3 in inputs.big.rows >>', true],
    ['<< inputs.big is map >>', true],
    ['id << inputs.big.id >>', 'id 7'],
    ['<% for k in inputs.big %><< k >> <% endfor %>', 'id rows uri ok '],
    ['<< read(inputs.big).id >>', 7],
    ['<< render("<< inputs.big.id >>") >>', 7],
  ])('is looked into by a worker: %s', (template, value) => {
    expect(valueOf(template, worker().scope)).toEqual(value);
  });

  it('is still passed on whole by a worker', () => {
    const { scope, reads } = worker();
    expect(valueOf('<< inputs.big >>', scope)).toBe(reference);
    expect(reads).toEqual([]);
  });

  it('is read once an evaluation', () => {
    const { scope, reads } = worker();
    expect(valueOf('<< inputs.big.id + inputs.big.id + inputs.list[0].id >>', scope)).toBe(21);
    expect(reads).toEqual(['blob:big']);
  });

  it('is looked into where it is a condition', () => {
    const when = parseTemplate('<< inputs.big >>');
    const scope = scopeOf({ roots, property: 'when' });
    expect(() => evaluateCondition(when, scope)).toThrow(
      expect.objectContaining({ code: 'touches-reference' }),
    );
    const impure = { secret: () => '', env: () => undefined, read: () => 'true' };
    expect(evaluateCondition(when, { ...scope, impure })).toBe(true);
  });

  it('whose value is gone is an error with the cause', () => {
    const cause = new Error('value-lost');
    const read = (): never => {
      throw cause;
    };
    const impure = { secret: () => '', env: () => undefined, read };
    expect(failureOf('<< inputs.big.id >>', { roots, impure })).toMatchObject({
      code: 'impure-failed',
      cause,
    });
  });
});

describe('what is a reference', () => {
  it('is only what has all of its fields', () => {
    expect(isReference(reference)).toBe(true);
    expect(isReference({ ...reference })).toBe(true);
    expect(isReference(Object.create(reference))).toBe(false);
    expect(isReference(null)).toBe(false);
    expect(isReference('x')).toBe(false);
    expect(isReference([])).toBe(false);
    for (const key of Object.keys(reference)) {
      expect(isReference({ ...reference, [key]: null })).toBe(false);
    }
  });

  it('is not data that only looks like one', () => {
    const inputs = { a: { [referenceMarker]: true, uri: 'x' } };
    expect(valueOf('<< inputs.a.uri >>', { roots: { inputs } })).toBe('x');
    expect(valueOf("<< inputs.a['$millrace.reference'] >>", { roots: { inputs } })).toBe(true);
  });
});
