import { expect } from 'vitest';
import type { CheckedFlow } from '../../../src/flow/definition.ts';
import type { DiagnosticCode } from '../../../src/flow/diagnostic-codes.ts';
import type { Diagnostic } from '../../../src/flow/diagnostic.ts';
import { formatDiagnostics } from '../../../src/flow/format-diagnostics.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { catalog } from './catalog.ts';

/** Three lines before whatever a test is about. */
export const HEAD = 'id: example\nnamespace: docs\n';

export function diagnose(text: string): readonly Diagnostic[] {
  return readFlow(text, { catalog }).diagnostics;
}

export function codesOf(text: string): readonly DiagnosticCode[] {
  return diagnose(text).map(({ code }) => code);
}

/** The flow, or a failing test that shows what is wrong with it. */
export function flowOf(text: string): CheckedFlow {
  const { flow, diagnostics } = readFlow(text, { catalog });
  if (flow === undefined) expect.fail(`\n${formatDiagnostics(diagnostics, 'pretty')}`);
  return flow;
}

/** A flow with these tasks, given as the lines of a YAML list. */
export function withTasks(tasks: string, before = ''): string {
  const indented = tasks.trim().replaceAll('\n', '\n  ');
  return `${HEAD}${before}tasks:\n  ${indented}\n`;
}

/** The text after the fix of a diagnostic. */
export function fixed(text: string, diagnostic: Diagnostic | undefined): string {
  const fix = diagnostic?.fix;
  if (fix === undefined) expect.fail('there is no fix');
  const lines = text.split('\n');
  const offset = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, column - 1);
  const { line, column, endLine, endColumn } = fix.range;
  return text.slice(0, offset(line, column)) + fix.text + text.slice(offset(endLine, endColumn));
}
