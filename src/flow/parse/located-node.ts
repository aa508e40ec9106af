import type { Json, JsonObject } from '../../support/json.ts';
import type { Span } from './source-text.ts';

/** A value of the file together with where it stands. Aliases share the node that they name. */
export type LocatedNode = LocatedScalar | LocatedList | LocatedMap;

/** How a text is written; what its characters' places in the file are depends on it. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

interface Located {
  readonly span: Span;
  /** Values inside, itself included, aliases counted as what they stand for. */
  readonly size: number;
  /** Levels inside, itself included. */
  readonly depth: number;
}

export interface LocatedScalar extends Located {
  readonly kind: 'scalar';
  readonly style: ScalarStyle;
  readonly value: string | number | boolean | null;
}

export interface LocatedList extends Located {
  readonly kind: 'list';
  readonly items: readonly LocatedNode[];
  readonly value: readonly Json[];
}

export interface LocatedMap extends Located {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly value: JsonObject;
}

export interface LocatedEntry {
  readonly key: LocatedScalar;
  readonly node: LocatedNode;
}

/** The node at a path, or the nearest one around it that exists. */
export function nodeAt(root: LocatedNode, path: readonly (string | number)[]): LocatedNode {
  let node = root;
  for (const step of path) {
    const next = childOf(node, step);
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

export function childOf(node: LocatedNode, step: string | number): LocatedNode | undefined {
  if (node.kind === 'map') return node.entries.get(String(step))?.node;
  if (node.kind === 'list') return node.items[Number(step)];
  return undefined;
}

/** The maps in the list at a property; what else is in it has been reported as invalid. */
export function mapsIn(node: LocatedMap, property: string): readonly LocatedMap[] {
  const list = childOf(node, property);
  return list?.kind === 'list' ? list.items.filter((item) => item.kind === 'map') : [];
}
