import type { Catalog } from '../model/catalog.ts';
import type { CheckedFlow } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';

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
export function readFlow(_text: string, _options: ReadFlowOptions): ReadFlowResult {
  throw new Error('the reader follows in the next commit');
}
