import { formatDiagnostics } from '../flow/format-diagnostics.ts';
import type { Diagnostic } from '../flow/diagnostic.ts';
import { paint } from './format/state.ts';
import type { Terminal } from './terminal.ts';

/** What became of a file, from this process or from a server. */
export interface FileResult {
  readonly kind: 'created' | 'updated' | 'unchanged' | 'invalid' | 'held';
  readonly file: string;
  readonly flow?: string | undefined;
  readonly revision?: number | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

const styles = {
  created: 'green',
  updated: 'green',
  unchanged: 'gray',
  invalid: 'red',
  held: 'gray',
} as const;

/** `updated    flows/order.yaml  shop.orders/fulfil-order revision 3` */
export function resultLine(result: FileResult, color: boolean): string {
  const { kind, file, flow, revision } = result;
  const word = kind === 'held' ? 'valid' : kind;
  const where = flow === undefined ? '' : `  ${flow}`;
  const which = revision === undefined ? '' : ` revision ${revision}`;
  return `${paint(word.padEnd(9), styles[kind], color)} ${file}${where}${which}`;
}

/** The diagnostics of all files on stderr, below each other. */
export function printDiagnostics(
  results: readonly { readonly diagnostics: readonly Diagnostic[] }[],
  terminal: Terminal,
): void {
  const all = results.flatMap(({ diagnostics }) => diagnostics);
  if (all.length > 0) terminal.error(`${formatDiagnostics(all, 'pretty')}\n`);
}
