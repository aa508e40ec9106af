/** A value that some source gives to a key, before it is checked. */
import { isJsonObject } from '../support/json.ts';
import { nearest } from '../support/nearest.ts';
import type { KeyNode } from './key-tree.ts';
import type { Key } from './keys.ts';
import type { ConfigProblem, Source } from './problems.ts';

export interface Entry {
  readonly path: readonly string[];
  readonly key: Key<unknown>;
  readonly value: unknown;
  readonly source: Source;
  /** Where relative paths begin. */
  readonly folder: string;
}

export interface Collected {
  readonly entries: readonly Entry[];
  readonly problems: readonly ConfigProblem[];
}

/** How a source is named, and where its relative paths begin. */
export interface Origin {
  readonly sourceAt: (path: readonly string[]) => Source;
  readonly folder: string;
}

/** The values of a tree such as millrace.yaml; null is as good as nothing. */
export function entriesOf(value: unknown, node: KeyNode, origin: Origin): Collected {
  const entries: Entry[] = [];
  const problems: ConfigProblem[] = [];

  const visit = (part: unknown, at: KeyNode, path: readonly string[]): void => {
    if (part === null || part === undefined) return;
    if (isJsonObject(part) && hasParts(at)) {
      for (const [name, inner] of Object.entries(part)) {
        const next = at.children.get(name) ?? at.any;
        if (next === undefined) problems.push(unknownKey([...path, name], at, origin));
        else visit(inner, next, [...path, name]);
      }
    } else if (at.key === undefined) {
      problems.push(noSection(path, at, origin));
    } else {
      const { folder } = origin;
      entries.push({ path, key: at.key, value: part, source: origin.sourceAt(path), folder });
    }
  };

  visit(value, node, []);
  return { entries, problems };
}

/** The node at a path, where every part of the path is known. */
export function nodeAt(node: KeyNode, path: readonly string[]): KeyNode | undefined {
  let at: KeyNode | undefined = node;
  for (const name of path) at = at?.children.get(name) ?? at?.any;
  return at;
}

function hasParts(node: KeyNode): boolean {
  return node.children.size > 0 || node.any !== undefined;
}

function unknownKey(path: readonly string[], parent: KeyNode, origin: Origin): ConfigProblem {
  const before = path.slice(0, -1);
  const known = [...parent.children.keys()];
  const meant = nearest(path.at(-1) ?? '', known);
  const hint =
    meant === undefined
      ? `known here are ${known.join(', ')}`
      : `did you mean \`${[...before, meant].join('.')}\`?`;
  return problem(path, origin, `is no configuration key; ${hint}`);
}

function noSection(path: readonly string[], node: KeyNode, origin: Origin): ConfigProblem {
  const parts = [...node.children.keys()].join(', ');
  const wanted = parts === '' ? 'an object with names of your own' : `an object with ${parts}`;
  return problem(path, origin, `must be ${wanted}`);
}

function problem(path: readonly string[], origin: Origin, message: string): ConfigProblem {
  const source = origin.sourceAt(path);
  return { key: path.length === 0 ? source.name : path.join('.'), source, message };
}
