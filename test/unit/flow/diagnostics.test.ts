/** One row per way to be wrong: the code, the place, what is said, and that the fix mends it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnosticCodes } from '../../../src/flow/diagnostic-codes.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { blockRows } from './block-rows.ts';
import { catalog } from './catalog.ts';
import { LOG } from './diagnostic-row.ts';
import { expressionRows } from './expression-rows.ts';
import { fileRows } from './file-rows.ts';
import { orderRows } from './order-rows.ts';
import { diagnose, fixed, withTasks } from './reading.ts';
import { triggerRows } from './trigger-rows.ts';

const rows = [...fileRows, ...blockRows, ...triggerRows, ...expressionRows, ...orderRows];

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

  it('say of a wrong name of a variable one thing, and of a flow nothing about calculations', () => {
    const [wrong, ...others] = diagnose(withTasks(LOG, 'variables: { my-name: 1 }\n'));
    expect([wrong?.message, others]).toEqual([
      '`variables.my-name` of the flow must be made of letters, digits and `_`, beginning with a letter',
      [],
    ]);
    const [id] = diagnose(`id: my flow\nnamespace: docs\ntasks:\n  ${LOG}\n`);
    expect([id?.code, id?.hint]).toEqual(['property-invalid', undefined]);
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
