import type { DiagnosticCode } from '../../../src/flow/diagnostic-codes.ts';
import { HEAD, withTasks } from './reading.ts';

/** One way to be wrong. */
export interface Row {
  readonly code: DiagnosticCode;
  readonly title: string;
  readonly text: string;
  /** `line:column` of what is marked. */
  readonly at?: string;
  /** The characters that are marked. */
  readonly marks?: string;
  readonly says?: string;
  readonly hint?: string;
  /** A part of the text after the fix; it then no longer has this diagnostic. */
  readonly fix?: string;
  /** True where a schema alone cannot see it. */
  readonly unseen?: boolean;
}

export const LOG = '- { id: a, type: log, message: hello }';
export const log = (message: string): string =>
  withTasks(`- id: a\n  type: log\n  message: ${message}`);
export const deep = (levels: number): string => {
  let text = `${HEAD}tasks:\n`;
  for (let level = 0; level < levels; level++) {
    text += `${'  '.repeat(level)}- id: b${level}\n${'  '.repeat(level)}  type: sequence\n`;
    text += `${'  '.repeat(level)}  tasks:\n`;
  }
  return `${text}${'  '.repeat(levels)}- { id: a, type: log, message: x }\n`;
};
export const HOOK = 'triggers:\n  - id: hook\n    type: webhook\n';
