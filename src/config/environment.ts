/**
 * Configuration from the environment: `MILLRACE_` and the key's parts joined by `__`, in any case and with or
 * without single underscores: `kafka.brokers` is `MILLRACE_KAFKA__BROKERS`, `http.bodyBytesMax` is
 * `MILLRACE_HTTP__BODY_BYTES_MAX`. With `_FILE` at its end a variable names a file that holds the value.
 * `MILLRACE_SECRET_*` are secrets of flows, `MILLRACE_ENV_*` what they see by `env()`, and `MILLRACE_SERVER` is the
 * command line's: not configuration. An empty variable is as good as none.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest } from '../support/nearest.ts';
import type { Collected, Entry } from './entries.ts';
import type { KeyNode } from './key-tree.ts';
import { type FixedKey, keys } from './keys.ts';
import type { ConfigProblem, Source } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'MILLRACE_';
/** What else begins like our variables. */
const OTHERS = /^MILLRACE_(?:SECRET_|ENV_|SERVER$)/;
const FILE = '_FILE';

export function environmentEntries(
  environment: Environment,
  tree: KeyNode,
  folder: string,
): Collected {
  const entries: Entry[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(environment).sort()) {
    if (!name.startsWith(PREFIX) || OTHERS.test(name)) continue;
    if (value === undefined || value === '') continue;
    const read = readVariable(name, value, tree, folder);
    if ('message' in read) problems.push(read);
    else entries.push(read);
  }
  return { entries, problems };
}

/** The variable of a key, as documentation writes it: `MILLRACE_HTTP__BODY_BYTES_MAX`. */
export function variableOf(name: string): string {
  const parts = name.split('.').map((part) => part.replaceAll(/[A-Z]/g, (letter) => `_${letter}`));
  return PREFIX + parts.join('__').toUpperCase();
}

function readVariable(
  name: string,
  value: string,
  tree: KeyNode,
  folder: string,
): Entry | ConfigProblem {
  const source: Source = { kind: 'environment', name };
  const found = find(name, tree);
  if (found !== undefined) {
    return { ...found, value: found.key.kind.fromText(value), source, folder };
  }
  const base = name.endsWith(FILE) ? find(name.slice(0, -FILE.length), tree) : undefined;
  if (base === undefined) return unknownVariable(name, source);
  try {
    const content = readFileSync(resolve(folder, value), 'utf8').replace(/\r?\n$/, '');
    return { ...base, value: base.key.kind.fromText(content), source, folder };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `names a file that cannot be read; mount it, or correct the path (${reason})`;
    return { key: base.path.join('.'), source, message };
  }
}

function find(name: string, tree: KeyNode): Pick<Entry, 'path' | 'key'> | undefined {
  const path: string[] = [];
  let node: KeyNode | undefined = tree;
  for (const part of name.slice(PREFIX.length).split('__')) {
    const known: readonly (readonly [string, KeyNode])[] = [...(node?.children ?? [])];
    const child = known.find(([child]) => child.toLowerCase() === plain(part));
    path.push(child?.[0] ?? part.toLowerCase());
    node = child?.[1] ?? node?.any;
  }
  return node?.key === undefined ? undefined : { path, key: node.key };
}

function plain(part: string): string {
  return part.replaceAll('_', '').toLowerCase();
}

const variables = Object.keys(keys)
  .filter((name) => !name.includes('*'))
  // The filter is the type's definition.
  .map((name) => variableOf(name as FixedKey));

function unknownVariable(name: string, source: Source): ConfigProblem {
  const meant = nearest(name, variables);
  const hint =
    meant === undefined
      ? 'unset it, or see docs/configuration.md for those that are read'
      : `did you mean ${meant}?`;
  return { key: name, source, message: `is no configuration variable; ${hint}` };
}
