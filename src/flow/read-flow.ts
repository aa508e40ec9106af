/**
 * Reading a flow: parse → dialect → validate → link. Each stage looks only at what the one before could make
 * sense of, and all of them report into one list.
 */
import type { Catalog } from '../model/catalog.ts';
import type { CheckedFlow } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';
import { isNative } from './dialect.ts';
import { Findings } from './findings.ts';
import { link } from './link/link.ts';
import { locate } from './parse/locate.ts';
import { readYaml } from './parse/read-yaml.ts';
import { SourceText } from './parse/source-text.ts';
import { validate } from './validate.ts';

export interface ReadFlowOptions {
  /** For the diagnostics; `<flow>` by default. */
  readonly file?: string;
  readonly catalog: Catalog;
  /** Warnings become errors. Default false. */
  readonly strict?: boolean;
}

export interface ReadFlowResult {
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absent when there is an error. */
  readonly flow?: CheckedFlow;
}

/** Reads one YAML file as a flow. Never throws: whatever is wrong is a diagnostic with its place. */
export function readFlow(text: string, options: ReadFlowOptions): ReadFlowResult {
  const { file = '<flow>', strict = false } = options;
  const findings = new Findings(new SourceText(text), { file, strict });
  const flow = readStages(options, findings);
  const diagnostics = findings.list();
  return flow === undefined || findings.failed ? { diagnostics } : { diagnostics, flow };
}

function readStages({ catalog }: ReadFlowOptions, findings: Findings): CheckedFlow | undefined {
  const document = readYaml(findings);
  if (document === undefined) return undefined;
  const root = locate(document, findings);
  if (root === undefined) return undefined;
  if (root.kind !== 'map') {
    const start = { start: 0, end: 0 };
    findings.add(
      'flow-not-a-map',
      start,
      'a flow is a map that begins with `id:` and `namespace:`',
    );
    return undefined;
  }
  if (!isNative(root, findings)) return undefined;
  validate(root, catalog, findings);
  return link(root, catalog, findings);
}
