import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { type Collected, entriesOf } from './entries.ts';
import type { KeyNode } from './key-tree.ts';
import type { ConfigProblem, Source } from './problems.ts';

const NAME = 'millrace.yaml';

export interface FileOptions {
  /** The file that was asked for; it must be there. Otherwise `millrace.yaml` in the folder, if any. */
  readonly file?: string;
  readonly folder: string;
}

/** The values of the configuration file. Relative paths in it begin at its own folder. */
export function fileEntries(options: FileOptions, tree: KeyNode): Collected {
  const path = resolve(options.folder, options.file ?? NAME);
  if (options.file === undefined && !existsSync(path)) return { entries: [], problems: [] };
  const name = relative(options.folder, path) || NAME;
  const whole: Source = { kind: 'file', name };
  try {
    return readFile(readFileSync(path, 'utf8'), name, dirname(path), tree);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      entries: [],
      problems: [{ key: name, source: whole, message: `cannot be read: ${reason}` }],
    };
  }
}

function readFile(text: string, name: string, folder: string, tree: KeyNode): Collected {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, uniqueKeys: true });
  const sourceAtOffset = (offset: number): Source => {
    return { kind: 'file', name: `${name}:${lines.linePos(offset).line}` };
  };
  const errors = document.errors.map((error): ConfigProblem => {
    const message = `is not YAML: ${error.message.split('\n')[0] ?? ''}`;
    return { key: name, source: sourceAtOffset(error.pos[0]), message };
  });
  if (errors.length > 0) return { entries: [], problems: errors };
  const sourceAt = (path: readonly string[]): Source => {
    const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
    return sourceAtOffset(isNode(node) ? (node.range?.[0] ?? 0) : 0);
  };
  return entriesOf(document.toJS(), tree, { sourceAt, folder });
}
