import type { FlowRecord } from '../model/records.ts';
import type { Diagnostic } from './diagnostic.ts';
import { hasErrors } from './diagnostic.ts';
import type { CheckedFlow } from './definition.ts';
import { readFlow } from './read-flow.ts';
import type { FlowRegistry } from './registry.ts';

export interface FlowFile {
  /** For people and diagnostics. */
  readonly file: string;
  readonly text: string;
}

/** What deploying a file would do. */
export type PlannedChange =
  | {
      readonly kind: 'created' | 'updated';
      readonly file: string;
      readonly flow: CheckedFlow;
      /** Warnings only. */
      readonly diagnostics: readonly Diagnostic[];
      /** To be appended to `flows`; it is ignored by all when another deployment comes first. */
      readonly record: FlowRecord;
    }
  | {
      readonly kind: 'unchanged';
      readonly file: string;
      readonly flow: CheckedFlow;
      readonly diagnostics: readonly Diagnostic[];
      readonly revision: number;
    }
  | {
      readonly kind: 'invalid';
      readonly file: string;
      readonly diagnostics: readonly Diagnostic[];
    };

export interface PlanOptions {
  readonly strict?: boolean;
  /** Who or what deploys, for people. */
  readonly by?: string;
}

/**
 * Compares files with the replica: one change per file, in their order. The source as it is at the head
 * makes no new revision. Two files with the same flow are both invalid.
 */
export function planDeployment(
  registry: FlowRegistry,
  files: readonly FlowFile[],
  options: PlanOptions = {},
): readonly PlannedChange[] {
  const { strict = false } = options;
  const read = files.map(({ file, text }) => ({
    file,
    text,
    ...readFlow(text, { file, strict, catalog: registry.catalog }),
  }));
  return read.map(({ file, text, flow, diagnostics }): PlannedChange => {
    if (flow === undefined || hasErrors(diagnostics)) return { kind: 'invalid', file, diagnostics };
    const other = read.find((one) => one.file !== file && one.flow?.key === flow.key);
    if (other !== undefined) {
      return {
        kind: 'invalid',
        file,
        diagnostics: [...diagnostics, twice(flow, file, other.file)],
      };
    }
    const { namespace, id } = flow;
    const head = registry.headOf(namespace, id);
    if (head.source === text) {
      return { kind: 'unchanged', file, flow, diagnostics, revision: head.revision };
    }
    const record: FlowRecord = {
      namespace,
      flow: id,
      source: text,
      expects: head.revision,
      ...(options.by === undefined ? {} : { by: options.by }),
    };
    return { kind: head.source === null ? 'created' : 'updated', file, flow, diagnostics, record };
  });
}

function twice(flow: CheckedFlow, file: string, other: string): Diagnostic {
  return {
    code: 'id-duplicate',
    severity: 'error',
    message: `the flow ${flow.key} is also in ${other}`,
    file,
    range: { line: 1, column: 1, endLine: 1, endColumn: 1 },
    hint: 'Give one of them another id or namespace, or remove it.',
  };
}
