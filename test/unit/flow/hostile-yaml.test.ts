/** Rows S13, S15 and S19 of the security table, as far as flow files go. */
import { describe, expect, it } from 'vitest';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { limits } from '../../../src/model/limits.ts';
import { catalog } from './catalog.ts';
import { codesOf, diagnose, flowOf, HEAD, withTasks } from './reading.ts';

const LOG = '- { id: a, type: log, message: hello }';

/** Nearly as long a text as a flow file may be. */
function fill(part: string): string {
  return part.repeat(Math.floor((limits.flowSourceBytes.value - 300) / part.length));
}

/**
 * A second is the aim; a busy machine and the collector's threads may take three. What these were before
 * they had a limit took eight seconds to ninety.
 */
const CPU_MS_MAX = 3_000;

function aliasBomb(levels: number): string {
  let text = `x-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n`;
  for (let level = 1; level < levels; level++) {
    text += `x-${level}: &a${level} [${`*a${level - 1}, `.repeat(10)}]\n`;
  }
  return `${HEAD}${text}tasks:\n  ${LOG}\n`;
}

/** Anchors that each merge the one before and add a key: small text, quadratic work. */
function mergeBomb(maps: number): string {
  let text = 'x-0: &m0 { k0: 1 }\n';
  for (let map = 1; map < maps; map++)
    text += `x-${map}: &m${map} { <<: *m${map - 1}, k${map}: 1 }\n`;
  return `${HEAD}${text}tasks:\n  ${LOG}\n`;
}

describe('S13: a flow file cannot cost more than a second', () => {
  const bombs: readonly (readonly [string, string])[] = [
    ['aliases of aliases', aliasBomb(12)],
    ['merges of merges', mergeBomb(5_000)],
    ['flow sequences 10,000 deep', `${HEAD}x-a: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`],
    ['block sequences 10,000 deep', `${HEAD}x-a:\n  ${'- '.repeat(10_000)}a\n`],
    [
      'block maps 700 deep',
      Array.from({ length: 700 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    ],
    ['explicit keys 10,000 deep', `${'? '.repeat(10_000)}a\n`],
    [
      'a million tasks',
      `${HEAD}tasks:\n${'  - { id: a, type: log, message: x }\n'.repeat(1_000_000)}`,
    ],
    ['as many tasks as fit', `${HEAD}tasks:\n${fill('  - { id: a, type: log, message: x }\n')}`],
    ['keys without end', fill('k: 1\n')],
    [
      'different keys without end',
      Array.from({ length: 40_000 }, (_, at) => `k${at}: 1`).join('\n'),
    ],
    ['openers without end', fill('[')],
    ['closers without end', fill(']\n')],
    ['commas without end', `a: [${fill(',')}]`],
    ['documents without end', fill('---\n')],
    ['comments without end', fill('# x\n')],
    ['escapes that are none', `a: "${fill('\\q')}"`],
    ['anchors without end', `${fill('&a ')}a`],
    ['tags without end', fill('- !x a\n')],
    ['tabs without end', fill('\t- a\n')],
    [
      'tight expressions without end',
      withTasks(`- { id: a, type: log, message: ${fill('<<a>> ')} }`),
    ],
    [
      'openers of expressions without end',
      `${HEAD}tasks:\n  - { id: a, type: log, message: "${fill('<< ')}" }\n`,
    ],
    ['a line of cut expressions', `${HEAD}a: b: ${fill('<< a >> : ')}`],
    ['expressions without end', withTasks(`- { id: a, type: log, message: "${fill('<< b >>')}" }`)],
    [
      'aliases without end',
      `${HEAD}x-a: &a 1\nx-b: [${'*a, '.repeat(100_000)}]\ntasks:\n  ${LOG}\n`,
    ],
    [
      'one anchor, many wrong expressions',
      `${HEAD}x-a: &a "<< b >> << c >>"\ntasks:\n  - { id: a, type: return, value: [${'*a, '.repeat(20_000)}] }\n`,
    ],
  ];

  it.each(bombs)('%s', (_title, text) => {
    const start = process.cpuUsage();
    const { diagnostics } = readFlow(text, { catalog });
    const { user, system } = process.cpuUsage(start);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.length).toBeLessThanOrEqual(limits.flowDiagnostics.value + 1);
    expect((user + system) / 1_000).toBeLessThan(CPU_MS_MAX);
  });

  it('aliases are fine where they do not multiply', () => {
    const flow = flowOf(
      `x-headers: &headers { accept: text/plain }\n${withTasks(
        '- { id: a, type: http.request, uri: https://a.example, headers: *headers }\n' +
          '- { id: b, type: http.request, uri: https://a.example, headers: { <<: *headers, x: "1" } }',
      )}`,
    );
    expect(flow.tasks.map(({ properties }) => properties['headers']?.node)).toEqual([
      { kind: 'constant', value: { accept: 'text/plain' } },
      { kind: 'constant', value: { x: '1', accept: 'text/plain' } },
    ]);
  });

  it('a large flow reads', () => {
    const tasks = Array.from(
      { length: 2_000 },
      (_, at) => `- { id: t${at}, type: log, message: << flow.id >> }`,
    );
    expect(flowOf(withTasks(tasks.join('\n'))).taskById.size).toBe(2_000);
  });
});

describe('S15: keys of prototypes', () => {
  it.each(['__proto__', '"__proto__"', '? __proto__\n    '])('%s is refused', (key) => {
    const text = `${HEAD}variables:\n  a:\n    ${key}: { polluted: true }\ntasks:\n  ${LOG}\n`;
    expect(codesOf(text)).toContain('key-reserved');
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('a merge cannot bring one in', () => {
    const text = `x-a: &a { __proto__: { polluted: true } }\n${withTasks('- { id: a, type: return, value: { <<: *a } }')}`;
    expect(codesOf(text)).toEqual(['key-reserved']);
  });

  it('names of inherited members are names like others', () => {
    const flow = flowOf(
      withTasks(
        '- { id: constructor, type: output, values: { toString: 1, constructor: { prototype: 2 } } }',
      ),
    );
    const value = flow.tasks[0]?.properties['values']?.node;
    expect(value).toEqual({
      kind: 'constant',
      value: { toString: 1, constructor: { prototype: 2 } },
    });
    expect(codesOf(withTasks('- { id: a, type: log, message: << inputs.constructor >> }'))).toEqual(
      ['reference-unknown'],
    );
    expect(codesOf(withTasks('- { id: a, type: toString }'))).toContain('type-unknown');
    expect(codesOf(withTasks('- { id: a, type: log, message: x, constructor: 1 }'))).toEqual([
      'property-unknown',
    ]);
    expect(codesOf(withTasks('- { id: a, type: log, message: << outputs.toString >> }'))).toEqual([
      'reference-unknown',
    ]);
  });
});

describe('S19: malformed YAML has a diagnostic with line and column', () => {
  const malformed: readonly (readonly [string, string, string])[] = [
    ['tabs', `${HEAD}tasks:\n\t- a\n`, 'yaml-syntax'],
    ['a byte order mark and nothing else', '\ufeff', 'yaml-byte-order-mark'],
    ['a byte order mark in the middle', `${HEAD}\ufefftasks: []\n`, 'property-unknown'],
    ['duplicate keys', `${HEAD}id: other\n`, 'yaml-duplicate-key'],
    ['an unknown tag', `${HEAD}tasks: !x []\n`, 'yaml-unsupported'],
    ['a cycle', `${HEAD}tasks: &t [*t]\n`, 'yaml-unsupported'],
    ['a cycle by a key', `${HEAD}x-a: &t { ? *t : 1 }\n`, 'yaml-unsupported'],
    ['a merge of a scalar', `${HEAD}x-a: { <<: 3 }\n`, 'yaml-unsupported'],
    ['half a surrogate pair', `${HEAD}description: \ud800\n`, 'yaml-syntax'],
    ['NUL', `${HEAD}\u0000`, 'yaml-syntax'],
    ['a string that does not end', `${HEAD}description: "a\n`, 'yaml-syntax'],
    ['a directive', '%FOO bar\n', 'yaml-syntax'],
    ['binary', '\u0089PNG\r\n\u001a\n', 'yaml-syntax'],
    ['JSON that is cut', '{"id": "a", ', 'yaml-syntax'],
  ];

  it.each(malformed)('%s', (_title, text, code) => {
    const found = diagnose(text);
    expect(found.map((one) => one.code)).toContain(code);
    for (const { range } of found) {
      expect(range.line).toBeGreaterThan(0);
      expect(range.column).toBeGreaterThan(0);
      const lines = range.endLine - range.line;
      expect(lines > 0 || (lines === 0 && range.endColumn >= range.column)).toBe(true);
    }
  });

  it('JSON is YAML', () => {
    const flow = { id: 'a', namespace: 'b', tasks: [{ id: 't', type: 'log', message: 'x' }] };
    expect(flowOf(JSON.stringify(flow)).key).toBe('b/a');
  });

  it('lines may end as on Windows', () => {
    const text = withTasks('- id: a\n  type: log\n  message: << vars.x >>').replaceAll(
      '\n',
      '\r\n',
    );
    const [found] = diagnose(text);
    expect(found?.range).toEqual({ line: 6, column: 17, endLine: 6, endColumn: 23 });
    expect(found?.excerpt).toBe('    message: << vars.x >>');
  });
});
