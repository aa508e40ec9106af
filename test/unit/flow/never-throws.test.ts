/** Reading never throws, whatever the text; and what it accepts can be relied on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDiagnostics } from '../../../src/flow/format-diagnostics.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { blockRows } from './block-rows.ts';
import { catalog } from './catalog.ts';
import { expressionRows } from './expression-rows.ts';
import { fileRows } from './file-rows.ts';
import { orderRows } from './order-rows.ts';

/** Pieces that flows are made of, and pieces that break them. */
const piece = fc.oneof(
  fc.constantFrom(
    ...['id: a\n', 'namespace: b\n', 'tasks:\n', '  - ', 'type: log\n', 'message: ', '\n    '],
    ...['<< ', ' >>', '<% ', ' %>', '{{ ', ' }}', 'inputs.', 'outputs.', 'secret(', "'", '"'],
    ...['{ ', ' }', '[', ']', ', ', ': ', ' #', '\t', '\r\n', '\n', '- ', '? ', '|\n', '>-\n'],
    ...['&a ', '*a', '<<: ', '!x ', '---\n', '...\n', '%YAML 1.2\n', '\ufeff', '\u0000', '\\', '~'],
    ...['null', '0x1F', '9007199254740993', '.nan', 'true', '__proto__', 'when: ', 'triggers:\n'],
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const yamlish = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));

const rows = [...fileRows, ...blockRows, ...expressionRows, ...orderRows];

/** A flow that is nearly right: one of the tables' with something cut out or put in. */
const damaged = fc
  .record({
    row: fc.constantFrom(...rows.filter(({ text }) => text.length < 2_000)),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 20 }),
    put: piece,
  })
  .map(({ row, at, length, put }) => {
    const start = Math.floor(at * row.text.length);
    return row.text.slice(0, start) + put + row.text.slice(start + length);
  });

function check(text: string): void {
  const { flow, diagnostics } = readFlow(text, { catalog });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(flow === undefined).toBe(errors.length > 0);
  const lines = text.split('\n');
  for (const { range, fix } of diagnostics) {
    for (const { line, column, endLine, endColumn } of [range, ...(fix ? [fix.range] : [])]) {
      expect(line >= 1 && line <= endLine && endLine <= lines.length).toBe(true);
      expect(column >= 1 && column <= (lines[line - 1] ?? '').length + 1).toBe(true);
      expect(endColumn >= 1 && endColumn <= (lines[endLine - 1] ?? '').length + 1).toBe(true);
    }
  }
  for (const format of ['pretty', 'json', 'github'] as const)
    formatDiagnostics(diagnostics, format);
}

const blockProperties =
  'tasks then else cases default errors finally outputs values retry timeout'.split(' ');

const small = fc.jsonValue({ maxDepth: 1 });

describe('reading', () => {
  it('never throws on text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), check), { numRuns: 300 });
  });

  it('never throws on what looks like YAML', () => {
    fc.assert(fc.property(yamlish, check), { numRuns: 1_500 });
  });

  it('never throws on a flow that was damaged', () => {
    fc.assert(fc.property(damaged, check), { numRuns: 1_500 });
  });

  it('never throws on JSON', () => {
    const value = fc.jsonValue().map((json) => JSON.stringify(json));
    const flow = fc
      .record({
        id: fc.jsonValue(),
        tasks: fc.jsonValue(),
        inputs: fc.jsonValue(),
        triggers: fc.jsonValue(),
      })
      .map((json) => JSON.stringify({ namespace: 'n', ...json }));
    fc.assert(fc.property(fc.oneof(value, flow), check), { numRuns: 500 });
  });

  it('never throws on parts of the wrong kind', () => {
    const part = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record({
        id: fc.jsonValue({ maxDepth: 1 }),
        type: fc.constantFrom('log', 'sequence', 'webhook', 3),
      }),
      fc.record({
        id: fc.constant('a'),
        type: fc.constantFrom('sequence', 'foreach', 'parallel', 'if', 'switch'),
        ...Object.fromEntries(blockProperties.map((name) => [name, fc.option(small)])),
      }),
    );
    const list = fc.oneof(fc.array(part, { maxLength: 4 }), part);
    const flow = fc
      .record({
        tasks: list,
        triggers: list,
        inputs: list,
        outputs: list,
        errors: list,
        finally: list,
        timeout: part,
        variables: part,
        labels: part,
      })
      .map((json) => JSON.stringify({ id: 'i', namespace: 'n', ...json }));
    fc.assert(fc.property(flow, check), { numRuns: 200 });
  });
});
