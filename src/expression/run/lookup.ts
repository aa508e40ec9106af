/**
 * Look-ups: own properties of plain data, step by step. The quick way is a loop over `memberOf`; what it does
 * not find is looked at again slowly, since it may be a reference, or a mistake that deserves a good message.
 */
import { isReference, type ValueReference } from '../../model/reference.ts';
import { nearest } from '../../support/nearest.ts';
import type { Span } from '../problem.ts';
import type { Expression, Index, Local, Member, Root } from '../syntax/tree.ts';
import { elementOf, isList, isMap, kindOf, memberOf, show } from '../values/kinds.ts';
import type { Evaluator } from './evaluator.ts';
import type { Runtime } from './runtime.ts';

const SHOWN_KEYS = 8;

/** Keys that a reference has as its own: here the quick way would find the envelope, not the value. */
const referenceKeys: ReadonlySet<string> = new Set<keyof ValueReference>([
  '$millrace.reference',
  'kind',
  'uri',
  'bytes',
  'sha256',
  'contentType',
]);

export function compileRoot(node: Root, lenient: boolean): Evaluator {
  const { name } = node;
  return (run) => {
    const { roots } = run.scope;
    const value = Object.hasOwn(roots, name) ? roots[name] : undefined;
    if (value !== undefined && typeof value !== 'function') return value;
    if (lenient) return undefined;
    return run.fail('undefined-variable', `\`${name}\` has no value here`, node);
  };
}

export function compileLocal(node: Local, lenient: boolean): Evaluator {
  const { name, slot } = node;
  return (run) => {
    const value = run.locals[slot];
    if (value !== undefined || lenient) return value;
    return run.fail('undefined-variable', `\`${name}\` has not been set`, node);
  };
}

/** A chain of constant keys, `a.b.c`: one closure, however long it is. */
export function compileMembers(
  start: Evaluator,
  members: readonly Member[],
  lenient: boolean,
): Evaluator {
  const keys = members.map((member) => member.key);
  const risky = keys.map((key) => referenceKeys.has(key));
  const count = keys.length;
  return (run) => {
    let value = start(run);
    for (let at = 0; at < count; at++) {
      const key = keys[at] as string; // `at` is below the length.
      let next = risky[at] === true && isReference(value) ? undefined : memberOf(value, key);
      if (next === undefined) {
        next = memberSlowly(value, members[at] as Member, run, lenient); // As above.
        if (next === undefined) return undefined;
      }
      value = next;
    }
    return value;
  };
}

function memberSlowly(value: unknown, member: Member, run: Runtime, lenient: boolean): unknown {
  if (value === undefined && lenient) return undefined;
  const settled = isReference(value) ? run.dereference(value, member) : value;
  const found = memberOf(settled, member.key);
  if (found !== undefined || lenient) return found;
  return failMember(settled, member.key, member.target, member, run);
}

export function compileIndex(
  node: Index,
  target: Evaluator,
  index: Evaluator,
  lenient: boolean,
): Evaluator {
  return (run) => {
    const value = target(run);
    const key = run.settle(index(run));
    if (value === undefined) return undefined;
    const settled = isReference(value) ? run.dereference(value, node) : value;
    const found = at(settled, key);
    if (found !== undefined || lenient) return found;
    if (isList(settled)) return failElement(settled, key, node, run);
    if (typeof key !== 'string' && typeof key !== 'number') {
      return run.fail('wrong-type', `a key is text, and this is ${show(key)}`, node);
    }
    return failMember(settled, String(key), node.target, node, run);
  };
}

function at(target: unknown, key: unknown): unknown {
  if (typeof key === 'number') {
    return isList(target) ? elementOf(target, key) : memberOf(target, String(key));
  }
  return typeof key === 'string' ? memberOf(target, key) : undefined;
}

function failElement(list: readonly unknown[], key: unknown, node: Index, run: Runtime): never {
  const path = pathOf(node.target);
  if (typeof key !== 'number') {
    return run.fail('wrong-type', `${path} is a list, and ${show(key)} is no index`, node);
  }
  const hint = key < 0 ? '; the last element is `list | last`' : '';
  return run.fail(
    'missing-key',
    `${path} has ${list.length} elements, and no index ${key}${hint}`,
    node,
  );
}

function failMember(
  target: unknown,
  key: string,
  targetNode: Expression,
  span: Span,
  run: Runtime,
): never {
  const path = pathOf(targetNode);
  if (target === null || target === undefined) {
    return run.fail('path-through-null', `${path} is null, and has no \`${key}\``, span);
  }
  if (isMap(target)) {
    return run.fail('missing-key', `${path} has no \`${key}\`${suggestion(key, target)}`, span);
  }
  const hint = isList(target)
    ? "; an element is `list[0]`, a key of all of them `list | map('key')`"
    : '';
  return run.fail(
    'missing-key',
    `${path} is ${kindOf(target)}, and has no \`${key}\`${hint}`,
    span,
  );
}

function suggestion(key: string, target: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(target);
  const close = nearest(key, keys);
  if (close !== undefined) return `; did you mean \`${close}\`?`;
  if (keys.length === 0) return '; it is empty';
  const more = keys.length > SHOWN_KEYS ? ', …' : '';
  return `; it has ${keys.slice(0, SHOWN_KEYS).join(', ')}${more}`;
}

/** The text of a look-up, for messages. */
export function pathOf(node: Expression): string {
  return `\`${written(node)}\``;
}

function written(node: Expression): string {
  switch (node.kind) {
    case 'root':
    case 'local':
      return node.name;
    case 'member':
      return `${written(node.target)}.${node.key}`;
    case 'index':
      return `${written(node.target)}[…]`;
    case 'call':
      return `${node.definition.name}(…)`;
    case 'filter':
      return `(… | ${node.definition.name})`;
    default:
      return '(…)';
  }
}
