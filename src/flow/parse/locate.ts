import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { limits } from '../../model/limits.ts';
import { referenceMarker } from '../../model/reference.ts';
import type { Json } from '../../support/json.ts';
import type { Findings } from '../findings.ts';
import type {
  LocatedEntry,
  LocatedList,
  LocatedMap,
  LocatedNode,
  LocatedScalar,
  ScalarStyle,
} from './located-node.ts';
import type { YamlDocument } from './read-yaml.ts';
import type { Span } from './source-text.ts';

/**
 * Turns the syntax tree into plain values with places; undefined when they are too many to go on with. Aliases share the node they name, so that a file of
 * aliases of aliases costs its own length and not what it would unfold to; what it would unfold to is
 * counted and limited, since everything behind walks it.
 */
export function locate(document: YamlDocument, findings: Findings): LocatedNode | undefined {
  const locator = new Locator(findings);
  const node = locator.node(document.contents, { start: 0, end: 0 });
  return locator.tooLarge ? undefined : node;
}

/** Keys that no value may have: a prototype's name, and the mark of values kept elsewhere. */
const reservedKeys: ReadonlyMap<string, string> = new Map([
  ['__proto__', 'it is the name of a prototype in JavaScript'],
  [referenceMarker, 'it marks values that Millrace keeps in the blob store'],
]);

type YamlKey = ParsedNode | null;

class Locator {
  /** True when there is more in the file than everything behind should walk. */
  tooLarge = false;
  readonly #findings: Findings;
  /** Anchors in the order of the file: an alias names the latest before it. Null while it is open. */
  readonly #anchors = new Map<string, LocatedNode | null>();
  /** Entries that merges have copied: a chain of merges copies the square of its length. */
  #merged = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  node(yaml: ParsedNode | null, place: Span): LocatedNode {
    if (yaml === null) return nothing(place);
    if (isAlias(yaml)) return this.#alias(yaml.source, spanOf(yaml));
    const { anchor } = yaml;
    if (anchor !== undefined) this.#anchors.set(anchor, null);
    const node = this.#content(yaml);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return this.#limited(node);
  }

  #content(yaml: ParsedNode): LocatedNode {
    if (isMap(yaml)) return this.#map(yaml);
    if (isSeq(yaml)) return this.#list(yaml);
    if (isScalar(yaml)) return this.#scalar(yaml, spanOf(yaml));
    return nothing(spanOf(yaml));
  }

  #alias(name: string, span: Span): LocatedNode {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      this.#findings.add('yaml-unsupported', span, `there is no anchor \`&${name}\` before this`);
    } else if (target === null) {
      this.#findings.add('yaml-unsupported', span, `\`*${name}\` stands inside what it names`);
    } else {
      return target;
    }
    return nothing(span);
  }

  #list(yaml: YAMLSeq): LocatedList {
    const span = spanOf(yaml);
    // Nodes of a parsed document are parsed nodes; the class is not generic over it.
    const items = (yaml.items as (ParsedNode | null)[]).map((item) => this.node(item, span));
    return { kind: 'list', span, items, value: items.map(({ value }) => value), ...sizeOf(items) };
  }

  #map(yaml: YAMLMap): LocatedMap {
    const span = spanOf(yaml);
    const entries = new Map<string, LocatedEntry>();
    const merged: LocatedMap[] = [];
    for (const pair of yaml.items) {
      // As in #list: the pairs of a parsed map hold parsed nodes.
      const [yamlKey, yamlValue] = [pair.key as YamlKey, pair.value as ParsedNode | null];
      const key = this.#key(yamlKey, span);
      const node = this.node(yamlValue, key?.span ?? span);
      if (key === undefined) continue;
      if (key.style === 'plain' && key.value === '<<')
        merged.push(...this.#mergeSources(node, key));
      else this.#enter(entries, key, node);
    }
    this.#merge(merged, entries, span);
    const value: Record<string, Json> = {};
    for (const [name, { node }] of entries) value[name] = node.value;
    const nodes = [...entries.values()].map(({ node }) => node);
    return { kind: 'map', span, entries, value, ...sizeOf(nodes) };
  }

  #enter(entries: Map<string, LocatedEntry>, key: LocatedScalar, node: LocatedNode): void {
    const name = String(key.value);
    const reserved = reservedKeys.get(name);
    if (reserved !== undefined) {
      this.#findings.add('key-reserved', key.span, `\`${name}\` cannot be a key: ${reserved}`);
      return;
    }
    if (entries.has(name)) {
      const first = this.#findings.source.rangeOf(entries.get(name)?.key.span ?? key.span);
      const message = `\`${name}\` is here twice: first in line ${first.line}`;
      this.#findings.add('yaml-duplicate-key', key.span, message);
      return;
    }
    entries.set(name, { key, node });
  }

  #merge(sources: readonly LocatedMap[], entries: Map<string, LocatedEntry>, span: Span): void {
    for (const source of sources) {
      this.#merged += source.entries.size;
      if (this.#merged > limits.flowNodes.value) {
        const message = `merges make more than ${limits.flowNodes.value} entries here`;
        this.#findings.add('yaml-too-large', span, message);
        this.tooLarge = true;
        return;
      }
      for (const [name, entry] of source.entries) {
        if (!entries.has(name)) entries.set(name, entry);
      }
    }
  }

  /** The maps behind `<<: *anchor` or `<<: [*a, *b]`; earlier ones win. */
  #mergeSources(node: LocatedNode, key: LocatedScalar): readonly LocatedMap[] {
    const sources = node.kind === 'list' ? node.items : [node];
    const maps = sources.filter((source) => source.kind === 'map');
    if (maps.length < sources.length) {
      this.#findings.add('yaml-unsupported', key.span, '`<<:` takes a map or a list of maps');
    }
    return maps;
  }

  #key(yaml: YamlKey, around: Span): LocatedScalar | undefined {
    if (yaml !== null && isAlias(yaml)) {
      const target = this.#alias(yaml.source, spanOf(yaml));
      if (target.kind === 'scalar') return { ...target, value: String(target.value) };
    } else if (yaml !== null && isScalar(yaml) && yaml.value !== null) {
      const key = this.#scalar(yaml, spanOf(yaml));
      // `1: a` and `true: a` are keys as written, whatever type the value would have.
      const written = key.style === 'plain' ? yaml.source : undefined;
      if (yaml.anchor !== undefined) this.#anchors.set(yaml.anchor, key);
      return { ...key, value: written ?? String(key.value) };
    }
    const span = yaml === null ? around : spanOf(yaml);
    this.#findings.add('yaml-unsupported', span, 'a key must be text', { hint: 'Quote it.' });
    return undefined;
  }

  #scalar(yaml: Scalar, span: Span): LocatedScalar {
    const style = styleOf(yaml);
    const leaf = { kind: 'scalar', style, span, size: 1, depth: 1 } as const;
    const { value, source = '' } = yaml;
    if (typeof value === 'bigint') {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) this.#tooLarge(span, source);
      return { ...leaf, value: number };
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#findings.add('yaml-unsupported', span, `\`${source}\` is not a number of JSON`, {
        hint: 'Quote it to make it text.',
      });
      return { ...leaf, value: null };
    }
    const known =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { ...leaf, value: known ? value : null };
  }

  #tooLarge(span: Span, source: string): void {
    const message = `\`${source}\` is beyond 2^53, where numbers lose digits`;
    this.#findings.add('yaml-integer-too-large', span, message, {
      hint: 'Quote it to keep every digit.',
      fix: { ...span, text: `"${source}"` },
    });
  }

  #limited(node: LocatedNode): LocatedNode {
    const tooLarge =
      node.size > limits.flowNodes.value
        ? `this stands for more than ${limits.flowNodes.value} values`
        : node.depth > limits.flowDepth.value
          ? `values are nested more than ${limits.flowDepth.value} levels deep in this`
          : undefined;
    if (tooLarge === undefined) return node;
    this.tooLarge = true;
    // Said once, at the innermost place: what is around it would be too large as well.
    this.#findings.add('yaml-too-large', node.span, tooLarge, {
      hint: 'Aliases count as what they stand for.',
    });
    return nothing(node.span);
  }
}

function sizeOf(inside: readonly LocatedNode[]): { readonly size: number; readonly depth: number } {
  let size = 1;
  let depth = 0;
  for (const node of inside) {
    size += node.size;
    depth = Math.max(depth, node.depth);
  }
  return { size, depth: depth + 1 };
}

function nothing(span: Span): LocatedScalar {
  return { kind: 'scalar', style: 'plain', value: null, span, size: 1, depth: 1 };
}

function spanOf(yaml: { readonly range?: readonly number[] | null }): Span {
  const [start = 0, end = start] = yaml.range ?? [];
  return { start, end };
}

function styleOf(yaml: Scalar): ScalarStyle {
  switch (yaml.type) {
    case Scalar.QUOTE_SINGLE:
      return 'single';
    case Scalar.QUOTE_DOUBLE:
      return 'double';
    case Scalar.BLOCK_LITERAL:
      return 'literal';
    case Scalar.BLOCK_FOLDED:
      return 'folded';
    default:
      return 'plain';
  }
}
