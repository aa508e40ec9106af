/** Flow definitions for tests of the engine, read and checked like any other. */
import type { FlowDefinition } from '../../../src/flow/definition.ts';
import { formatDiagnostics } from '../../../src/flow/format-diagnostics.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { sha256HexOfText } from '../../../src/support/digest.ts';
import { catalog } from '../flow/catalog.ts';

export function flowFromYaml(source: string, revision = 1, offset = 0): FlowDefinition {
  const { flow, diagnostics } = readFlow(source, { catalog });
  if (flow === undefined) throw new Error(formatDiagnostics(diagnostics, 'pretty'));
  return { ...flow, revision, offset, sha256: sha256HexOfText(source) };
}
