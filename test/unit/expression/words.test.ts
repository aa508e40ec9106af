/** Filters, functions and tests: each shows itself by its example; what is special is tabled here. */
import { describe, expect, it } from 'vitest';
import { filterDefinitions } from '../../../src/expression/filters/registry.ts';
import { functionDefinitions } from '../../../src/expression/functions/registry.ts';
import { testDefinitions } from '../../../src/expression/tests/registry.ts';
import { failureOf, problemOf, valueOf } from './evaluating.ts';

describe('examples', () => {
  const examples = [filterDefinitions, functionDefinitions, testDefinitions].flatMap((registry) =>
    [...registry.values()].flatMap(({ name, example }) =>
      example === undefined ? [] : [{ name, ...example }],
    ),
  );

  it.each(examples)('$name: $template', ({ template, gives }) => {
    expect(valueOf(template)).toEqual(gives);
  });

  it('are of the word they stand with', () => {
    for (const { name, template } of examples) expect(template).toContain(name);
  });
});

describe('registries', () => {
  it('have every word once, under its own name', () => {
    for (const registry of [filterDefinitions, functionDefinitions, testDefinitions]) {
      for (const [name, definition] of registry) expect(definition.name).toBe(name);
    }
    expect([...filterDefinitions.keys()].sort()).toEqual(
      [
        'abs base64decode base64encode batch bool capitalize center contains date dateAdd default',
        'endsWith entries first flatten float fromJson groupby indent int join json keys last length',
        'lower map matches max merge min numberFormat regexExtract regexReplace reject rejectattr',
        'replace reverse round select selectattr sha256 slice sort split startsWith string sum',
        'timestamp title trim truncate unique upper urldecode urlencode values',
      ]
        .join(' ')
        .split(' '),
    );
    expect([...functionDefinitions.keys()].sort()).toEqual(
      'env now random randomInt range read render secret uuid'.split(' '),
    );
  });
});

describe('filters', () => {
  it.each([
    ["'straße' | upper", 'STRASSE'],
    ['5 | upper', '5'],
    ["'' | capitalize", ''],
    ["'o’neil-SMITH' | title", 'O’neil-Smith'],
    ["'abc' | truncate(3)", 'abc'],
    ["'abcd' | truncate(1)", '…'],
    ["'abcd' | truncate(0)", ''],
    ["'abcd' | truncate(3, '...')", '...'],
    ["'abc' | center(2)", 'abc'],
    ["'a' | center(4)", ' a  '],
    ["'a\\nb' | indent(2, true)", '  a\n  b'],
    ["'aaa' | replace('a', 'b', 2)", 'bba'],
    ["'aaa' | replace('aa', 'b')", 'ba'],
    ["'a.b' | replace('.', '$&')", 'a$&b'],
    ["'abc' | replace('x', 'y')", 'abc'],
    ["'a1' | replace('1', 2)", 'a2'],
    ["'a,,b' | split(',')", ['a', '', 'b']],
    ["'abc' | reverse", 'cba'],
    ["'a🙂' | reverse", '🙂a'],
    ['{a: 1} | length', 1],
    ["{a: 1} | contains('a')", true],
    ["'abc' | contains('b')", true],
    ["'abc' | first", 'a'],
    ["'abc' | last", 'c'],
    ["'' | first ?? 'none'", 'none'],
    ['[] | last ?? 0', 0],
    ['[] | max ?? 0', 0],
    ['[1, null, {a: 2}] | join("-")', '1--{"a":2}'],
    ["inputs.lines | join(',', 'sku')", 'a,b'],
    ['[1, 2, 3, 4] | slice(-2)', [3, 4]],
    ['[1, 2, 3, 4] | slice(1, -1)', [2, 3]],
    ["'abcd' | slice(1, 3)", 'bc'],
    ['[] | batch(2)', []],
    ['[[1, [2, [3]]]] | flatten', [1, [2, [3]]]],
    ['[[1, [2, [3]]]] | flatten(10)', [1, 2, 3]],
    ['[1, [2]] | flatten(0)', [1, [2]]],
    ["[1, '1', 1, '1', true, null, null] | unique", [1, '1', true, null]],
    ['[{a: 1, b: 2}, {b: 2, a: 1}, [["a", 1]], [["a", 1]]] | unique | length', 2],
    ["inputs.lines | unique('tags') | length", 2],
    ["['b', 'a', 'B'] | sort", ['B', 'a', 'b']],
    ["inputs.lines | sort('price') | map('sku')", ['b', 'a']],
    ["inputs.lines | sort('price', true) | map('sku')", ['a', 'b']],
    ["[{k: 1, n: 'a'}, {k: 1, n: 'b'}, {k: 0, n: 'c'}] | sort('k') | map('n')", ['c', 'a', 'b']],
    ["inputs.lines | sum('price')", 3],
    ['[] | sum', 0],
    ["inputs.lines | max('price')", { sku: 'a', price: 2, tags: ['x'] }],
    ["['b', 'a'] | min", 'a'],
    ["inputs.lines | map('tags.0', 'none')", ['x', 'none']],
    ["inputs.lines | map('missing', null)", [null, null]],
    ["inputs.lines | selectattr('tags.0') | map('sku')", ['a']],
    ["inputs.lines | selectattr('price', 'gt', 1) | map('sku')", ['a']],
    ["inputs.lines | selectattr('sku', 'matching', '^b') | map('sku')", ['b']],
    ["inputs.lines | selectattr('missing', 'defined')", []],
    ["inputs.lines | rejectattr('missing', 'defined') | length", 2],
    ["inputs.lines | rejectattr('missing', 'eq', 1) | length", 2],
    ['[1, null, false, 0, ""] | select', [1, 0, '']],
    ["[1, 'a', 2] | select('number')", [1, 2]],
    ["inputs.lines | groupby('price') | keys", ['1', '2']],
    ['{a: 1} | merge({a: {b: 2}})', { a: { b: 2 } }],
    ['[1] | merge([2])', [1, 2]],
    ['-5.5 | abs', 5.5],
    ['2.5 | round', 3],
    ['-2.5 | round', -3],
    ['1.005 | round(2)', 1.01],
    ["2.1 | round(0, 'ceil')", 3],
    ["-2.1 | round(method='floor')", -3],
    ['1234.5 | round(2)', 1234.5],
    ['1234567 | numberFormat', '1,234,567'],
    ["1234.5 | numberFormat(2, '.', ',')", '1.234,50'],
    ['-0.4 | numberFormat', '0'],
    ['-1234.567 | numberFormat(1)', '-1,234.6'],
    ['999.995 | numberFormat(2)', '1,000.00'],
    ['null | string', ''],
    ['[1, {a: null}] | string', '[1,{"a":null}]'],
    ["'a' | json", '"a"'],
    ['{a: 1} | json(2)', '{\n  "a": 1\n}'],
    ["'[1, 2]' | fromJson", [1, 2]],
    ["'null' | fromJson", null],
    ["'[12345678901234567890]' | fromJson", ['12345678901234567890']],
    ['3.9 | int', 3],
    ["' -7 ' | int", -7],
    ["'x' | int(0)", 0],
    ['null | int(0)', 0],
    ["'1e2' | float", 100],
    ["'.5' | float", 0.5],
    ["'' | float(1)", 1],
    ["'false' | bool", false],
    ["'🙂' | base64encode | base64decode", '🙂'],
    ["'8J-Zgg' | base64decode", '🙂'],
    ["'a/b c' | urlencode", 'a%2Fb%20c'],
    ['{} | urlencode', ''],
    ["'' | sha256", 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toEqual(value);
  });

  it.each([
    ['null | upper', 'wrong-type', 'the input of `upper` is text, and this is null'],
    ['[1] | upper', 'wrong-type', 'a list of 1'],
    ["'a' | truncate('x')", 'wrong-type', '`length` is a whole number'],
    ["'a' | truncate(-1)", 'wrong-type', 'a whole number from 0'],
    ["'a' | replace('', 'b')", 'bad-argument', 'empty text'],
    ["'a' | split('')", 'bad-argument', 'empty text'],
    ['5 | length', 'wrong-type', '`length` of 5'],
    ['[] | first', 'no-value', '`first` has no value'],
    ['5 | first', 'wrong-type', 'a list'],
    ['[1] | batch(0)', 'bad-argument', 'at least 1'],
    ["[1, 'a'] | sort", 'wrong-type', 'have no order'],
    ["inputs.lines | sort('missing')", 'missing-key', 'has no `missing`'],
    ["['1'] | sum", 'wrong-type', 'a number'],
    ["inputs.lines | map('missing')", 'missing-key', 'has no `missing`'],
    ["[1] | select('nope')", 'bad-argument', 'there is no test `nope`'],
    ["[1] | select('evn')", 'bad-argument', 'did you mean `even`?'],
    ['[1] | keys', 'wrong-type', 'a map'],
    ['{} | merge(1)', 'wrong-type', '`other` is a map'],
    ['[] | merge({})', 'wrong-type', '`other` is a list'],
    ["'1' | abs", 'wrong-type', 'a number'],
    ['1 | round(99)', 'bad-argument', 'from 0 to 15'],
    ["1 | round(0, 'up')", 'bad-argument', '`common`'],
    ["'x' | int", 'wrong-type', '`int` of text "x"'],
    ["'1.5' | int", 'wrong-type', '`int` of text'],
    ["'0x10' | int", 'wrong-type', '`int` of text'],
    ["'9007199254740993' | int", 'wrong-type', '`int` of text'],
    ["'1e999' | float", 'wrong-type', '`float` of text'],
    ["'Infinity' | float", 'wrong-type', '`float` of text'],
    ['true | int', 'wrong-type', '`int` of true'],
    ["'yes' | bool", 'not-a-boolean', 'text "yes"'],
    ["'{' | fromJson", 'bad-json', 'JSON'],
    [`'[{"$millrace.reference": 1}]' | fromJson`, 'bad-json', 'reserved'],
    [String.raw`'{"\\u0024millrace.reference": 1}' | fromJson`, 'bad-json', 'reserved'],
    ['1 | fromJson', 'wrong-type', 'text'],
    ['1 | json(11)', 'bad-argument', 'at most 10'],
    ["'%%%' | base64decode", 'bad-argument', 'base64'],
    ["'/w==' | base64decode", 'bad-argument', 'UTF-8'],
    ["'%E0%A4%A' | urldecode", 'bad-argument', 'percent-encoded'],
  ])('%s fails', (expression, code, message) => {
    const error = failureOf(`<< ${expression} >>`);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe('dates', () => {
  it.each([
    ["'2026-01-31T01:59:00Z' | date", '2026-01-31T01:59:00.000Z'],
    ["'2026-01-31T01:59:00+02:00' | date", '2026-01-30T23:59:00.000Z'],
    ["'2026-01-31T01:59' | date('HH:mm')", '01:59'],
    ["'2026-01-31' | date('sql')", '2026-01-31 00:00:00'],
    ["'2026-07-01T12:00:00Z' | date('iso', 'Europe/Paris')", '2026-07-01T14:00:00.000+02:00'],
    ["'2026-03-29T00:59:59Z' | date('HH:mm xxx', 'Europe/Paris')", '01:59 +01:00'],
    ["'2026-03-29T01:00:00Z' | date('HH:mm xxx', 'Europe/Paris')", '03:00 +02:00'],
    ["'2026-01-01T00:30:00Z' | date('yyyy-MM-dd', 'America/New_York')", '2025-12-31'],
    ["'2026-01-01T00:00:00Z' | date('Z', '-03:30')", '-0330'],
    ["0 | date('yyyy-MM-dd')", '1970-01-01'],
    ["-1 | date('ss.SSS')", '59.999'],
    ["'2026-01-05T15:04:05.678Z' | date('EEEE d MMMM yy, h:mm a')", 'Monday 5 January 26, 3:04 PM'],
    ["'2026-01-05T00:04:05Z' | date('hh a')", '12 AM'],
    ["'2026-01-05' | date(\"yyyy'T'MM''\")", "2026T01'"],
    ["'2024-02-29' | dateAdd(1, 'year') | date('date')", '2025-02-28'],
    ["'2026-03-31' | dateAdd(-1, 'months') | date('date')", '2026-02-28'],
    ["'2026-01-31' | dateAdd(1, 'days') | date('date')", '2026-02-01'],
    ["'2026-01-31' | dateAdd(-90, 'minutes')", '2026-01-30T22:30:00.000Z'],
    ["'2026-01-31T01:59:00.5Z' | timestamp", 1_769_824_740_500],
    ["'1969-12-31T23:59:59Z' | timestamp", -1000],
    ['1000 | timestamp', 1000],
    ["now() | date('yyyy-MM-dd HH:mm')", '2026-01-31 01:59'],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toBe(value);
  });

  it.each([
    ["'2026-02-30' | date", 'bad-date'],
    ["'2025-02-29' | date", 'bad-date'],
    ["'2026-13-01' | date", 'bad-date'],
    ["'2026-01-01T24:00:00Z' | date", 'bad-date'],
    ["'2026-01-01T00:00:00+25:00' | date", 'bad-date'],
    ["'1 January 2026' | date", 'bad-date'],
    ["'' | date", 'bad-date'],
    ['null | date', 'bad-date'],
    ['9007199254740991 | date', 'bad-date'],
    ["'2026-01-01' | date('QQ')", 'bad-argument'],
    ["'2026-01-01' | date(\"yyyy'\")", 'bad-argument'],
    ["'2026-01-01' | date('yyyy', 'Mars/Olympus')", 'bad-argument'],
    ["'2026-01-01' | dateAdd(1, 'eons')", 'bad-argument'],
    ["'2026-01-01' | dateAdd(0.5, 'days')", 'wrong-type'],
    ["'2026-01-01' | dateAdd(9007199254740991, 'years')", 'bad-date'],
  ])('%s fails', (expression, code) => {
    expect(failureOf(`<< ${expression} >>`).code).toBe(code);
  });
});

describe('regular expressions', () => {
  it.each([
    [String.raw`'abc' | matches('^b')`, false],
    [String.raw`'abc' | matches('b')`, true],
    [String.raw`'order-42' | regexExtract('\d+')`, '42'],
    [String.raw`'x' | regexExtract('\d+') ?? 'none'`, 'none'],
    [String.raw`'ab' | regexExtract('a(x)?b', 1) ?? 'none'`, 'none'],
    [String.raw`'a b  c' | regexReplace('\s+', '-')`, 'a-b-c'],
    [String.raw`'2026-01-31' | regexReplace('(\d+)-(\d+)-(\d+)', '$3.$2.$1')`, '31.01.2026'],
    [String.raw`'ab' | regexReplace('(?P<x>a)', '[$<x>]')`, '[a]b'],
    [String.raw`'ab' | regexReplace('a', '$$1')`, '$1b'],
    [String.raw`'ab' | regexReplace('', '-')`, '-a-b-'],
    [String.raw`'ab' | regexReplace('x', 'y')`, 'ab'],
    [String.raw`'ÄÖ' | regexReplace('(?i)ä', 'a')`, 'aÖ'],
    [String.raw`'🙂a' | regexReplace('.', 'x')`, 'xx'],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toBe(value);
  });

  it('that cannot be read are found at validation when they are written out', () => {
    expect(problemOf("<< 'a' | matches('(') >>").code).toBe('bad-regex');
    expect(problemOf("<< 'a' | regexReplace('(?<=a)b', '') >>").code).toBe('bad-regex');
    expect(problemOf("<< 'a' is matching('[') >>").code).toBe('bad-regex');
    expect(failureOf("<< 'a' | matches(inputs.name ~ '(') >>").code).toBe('bad-regex');
    expect(failureOf("<< 'a' | regexReplace('a', '$1') >>").code).toBe('bad-argument');
    expect(failureOf("<< 'a' | regexExtract('a', 1) >>").code).toBe('bad-argument');
  });
});

describe('functions', () => {
  it.each([
    ['range(0)', []],
    ['range(2, 5)', [2, 3, 4]],
    ['range(5, 2)', []],
    ['range(0, 10, 4)', [0, 4, 8]],
    ['range(3, 0, -1)', [3, 2, 1]],
    ['range(-2)', []],
    ['now()', '2026-01-31T01:59:00.000Z'],
  ])('%s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toEqual(value);
  });

  it.each([
    ["range('3')", 'wrong-type'],
    ['range(0, 3, 0)', 'bad-argument'],
    ['randomInt(3, 3)', 'bad-argument'],
    ["randomInt('a', 3)", 'wrong-type'],
  ])('%s fails', (expression, code) => {
    expect(failureOf(`<< ${expression} >>`).code).toBe(code);
  });

  it('have no time where the record has none', () => {
    expect(failureOf('<< now() >>', { now: undefined }).code).toBe('no-time');
  });

  it('of chance are the same for the same run, property and call, and no other', () => {
    const template = '<< [uuid(), uuid(), random(), randomInt(0, 1000000)] >>';
    const first = valueOf(template);
    expect(valueOf(template)).toEqual(first);
    expect(valueOf(template, { seed: 'run-2' })).not.toEqual(first);
    expect(valueOf(template, { property: 'body' })).not.toEqual(first);
    // Narrowing for the test: the template is a list of four.
    const [one, two, fraction, number] = first as [string, string, number, number];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(fraction).toBeGreaterThanOrEqual(0);
    expect(fraction).toBeLessThan(1);
    expect(Number.isInteger(number)).toBe(true);
  });

  it('of chance spread over their range', () => {
    const counts = [0, 0, 0, 0];
    for (let at = 0; at < 400; at++) {
      // Narrowing for the test: randomInt answers a number.
      const drawn = valueOf('<< randomInt(10, 14) >>', { seed: `run-${at}` }) as number;
      counts[drawn - 10] = (counts[drawn - 10] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(60);
  });

  it('that are impure are errors in the executor', () => {
    for (const call of ["secret('A')", "env('A')", "read('a')"]) {
      expect(failureOf(`<< ${call} >>`).code).toBe('impure-in-executor');
      expect(failureOf(`<< ${call} ?? 'x' >>`).code).toBe('impure-in-executor');
    }
  });

  it('that are impure are answered by the worker’s scope', () => {
    const impure = {
      secret: (name: string) => `s:${name}`,
      env: (name: string) => (name === 'HOME' ? '/root' : undefined),
      read: (uri: string) => ({ uri }),
    };
    expect(valueOf("Bearer << secret('A') >>", { impure })).toBe('Bearer s:A');
    expect(valueOf("<< env('HOME') >>", { impure })).toBe('/root');
    expect(valueOf("<< env('NOPE') ?? 'x' >>", { impure })).toBe('x');
    expect(failureOf("<< env('NOPE') >>", { impure }).code).toBe('no-value');
    expect(valueOf("<< read('file:a').uri >>", { impure })).toBe('file:a');
  });

  it('that are impure pass on why they could not answer', () => {
    const cause = new Error('there is no secret A');
    const impure = {
      secret: (): never => {
        throw cause;
      },
      env: () => undefined,
    };
    const error = failureOf("<< secret('A') >>", { impure });
    expect(error).toMatchObject({ code: 'impure-failed', message: 'there is no secret A', cause });
    expect(failureOf("<< read('a') >>", { impure }).code).toBe('impure-in-executor');
  });
});

describe('tests', () => {
  it.each([
    ['1 is null', false],
    ["'' is empty", true],
    ['{} is empty', true],
    ['inputs.nothing is empty', true],
    ["'a' is empty", false],
    ['1.0 is integer', true],
    ['1.5 is integer', false],
    ["'1' is number", false],
    ["'true' is boolean", false],
    ["'true' is true", false],
    ['[] is map', false],
    ['{} is list', false],
    ["'a' is iterable", false],
    ['3 is even', false],
    ['0 is odd', false],
    ["1 is eq('1')", false],
    ["'b' is in('abc')", true],
    ["'x' is not in(['a'])", true],
  ])('%s is %s', (expression, value) => {
    expect(valueOf(`<< ${expression} >>`)).toBe(value);
  });

  it.each([
    ['inputs.nope is null', 'missing-key'],
    ["'a' is even", 'wrong-type'],
    ['1.5 is odd', 'wrong-type'],
    ['1 is empty', 'wrong-type'],
    ["1 is lt('2')", 'wrong-type'],
  ])('%s fails', (expression, code) => {
    expect(failureOf(`<< ${expression} >>`).code).toBe(code);
  });
});
