import type { Findings } from './findings.ts';
import { childOf, type LocatedMap, type LocatedNode } from './parse/located-node.ts';

const KESTRA_TYPE = /^io\.kestra\./;

/**
 * True when the flow is of the native dialect. A flow of Kestra's is recognised by its types or by
 * `dialect: kestra` and refused as a whole: everything else that could be said of it would be noise.
 */
export function isNative(root: LocatedMap, findings: Findings): boolean {
  const dialect = childOf(root, 'dialect');
  const sign = dialect?.value === 'kestra' ? dialect : findKestraType(root);
  if (sign === undefined) return true;
  const message = 'this flow is written for Kestra, whose dialect is not available in this version';
  findings.add('dialect-unavailable', sign.span, message, {
    hint: 'Native flows use types such as `log` and `http.request`, and `<< … >>` for expressions.',
  });
  return false;
}

/** Blocks may lie at any depth, and their properties are not known here: every `type` is looked at. */
function findKestraType(root: LocatedMap): LocatedNode | undefined {
  const open: LocatedNode[] = ['tasks', 'triggers', 'errors', 'finally'].flatMap(
    (property) => childOf(root, property) ?? [],
  );
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'list') open.push(...node.items);
    if (node.kind !== 'map') continue;
    const type = childOf(node, 'type');
    if (typeof type?.value === 'string' && KESTRA_TYPE.test(type.value)) return type;
    for (const entry of node.entries.values()) open.push(entry.node);
  }
  return undefined;
}
