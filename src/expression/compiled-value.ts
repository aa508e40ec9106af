/**
 * Values of a YAML property: trees of maps and lists with a template in each string. They are compiled with
 * their flow's revision; parts without expressions are frozen and shared by every evaluation.
 */
import { never } from '../support/never.ts';
import type { Analysis } from './analyse.ts';
import { evaluate } from './evaluate.ts';
import { ExpressionError, type TemplateProblem } from './problem.ts';
import type { Scope } from './scope.ts';
import { parseTemplate, type Template } from './template.ts';
import { isMap, setOwn, show } from './values/kinds.ts';

/** Keys and list indices from the root of the value. */
export type ValuePath = readonly (string | number)[];

/** One string of the tree that has expressions, or problems. */
export interface CompiledLeaf {
  /** The leaf's place; for a key that is a template, the path of its value with the key as written. */
  readonly path: ValuePath;
  readonly role: 'value' | 'key';
  readonly template: Template;
}

export interface LocatedProblem {
  readonly path: ValuePath;
  readonly role: 'value' | 'key';
  readonly problem: TemplateProblem;
}

/** A property's value, ready to be evaluated. Immutable. */
export interface CompiledValue {
  /** True when there is nothing to evaluate. */
  readonly constant: boolean;
  readonly leaves: readonly CompiledLeaf[];
  readonly problems: readonly LocatedProblem[];
  readonly node: ValueNode;
}

export type ValueNode =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'template'; readonly template: Template; readonly path: ValuePath }
  | { readonly kind: 'list'; readonly items: readonly ValueNode[] }
  | { readonly kind: 'map'; readonly entries: readonly MapEntry[] };

interface MapEntry {
  readonly key: string | Template;
  readonly value: ValueNode;
  readonly path: ValuePath;
}

export interface CompileOptions {
  /** True in free maps, such as `headers`, whose keys may be templates. Default false. */
  readonly templatedKeys?: boolean;
}

/** Compiles plain data, as YAML gives it. Never throws: see `problems`. */
export function compileValue(value: unknown, options: CompileOptions = {}): CompiledValue {
  const leaves: CompiledLeaf[] = [];
  const node = compileNode(value, [], options.templatedKeys === true, leaves);
  const problems = leaves.flatMap(({ path, role, template }) =>
    template.problems.map((problem) => ({ path, role, problem })),
  );
  return { constant: node.kind === 'constant', leaves, problems, node };
}

function compileNode(
  value: unknown,
  path: ValuePath,
  templatedKeys: boolean,
  leaves: CompiledLeaf[],
): ValueNode {
  if (typeof value === 'string') return compileString(value, path, leaves);
  if (Array.isArray(value)) {
    const items = value.map((item, index) =>
      compileNode(item, [...path, index], templatedKeys, leaves),
    );
    const constants = items.flatMap((item) => (item.kind === 'constant' ? [item.value] : []));
    if (constants.length < items.length) return { kind: 'list', items };
    return { kind: 'constant', value: Object.freeze(constants) };
  }
  if (isMap(value)) return compileMap(value, path, templatedKeys, leaves);
  return { kind: 'constant', value: value ?? null };
}

function compileString(text: string, path: ValuePath, leaves: CompiledLeaf[]): ValueNode {
  const template = parseTemplate(text);
  if (template.kind !== 'text' || template.problems.length > 0) {
    leaves.push({ path, role: 'value', template });
  }
  const constant = constantOf(template);
  return constant === undefined ? { kind: 'template', template, path } : constant;
}

/** Text, and expressions that are a literal: `<< '<<' >>`. */
function constantOf(template: Template): ValueNode | undefined {
  if (template.kind === 'text') return { kind: 'constant', value: template.value };
  if (template.kind !== 'expression' || template.node.kind !== 'literal') return undefined;
  return { kind: 'constant', value: template.node.value };
}

function compileMap(
  map: Readonly<Record<string, unknown>>,
  path: ValuePath,
  templatedKeys: boolean,
  leaves: CompiledLeaf[],
): ValueNode {
  const entries = Object.keys(map).map((key): MapEntry => {
    const entryPath = [...path, key];
    return {
      key: templatedKeys ? compileKey(key, entryPath, leaves) : key,
      value: compileNode(map[key], entryPath, templatedKeys, leaves),
      path: entryPath,
    };
  });
  const copy: Record<string, unknown> = {};
  for (const { key, value } of entries) {
    if (typeof key !== 'string' || value.kind !== 'constant') return { kind: 'map', entries };
    setOwn(copy, key, value.value);
  }
  return { kind: 'constant', value: Object.freeze(copy) };
}

function compileKey(key: string, path: ValuePath, leaves: CompiledLeaf[]): string | Template {
  const template = parseTemplate(key);
  if (template.kind !== 'text' || template.problems.length > 0) {
    leaves.push({ path, role: 'key', template });
  }
  return template.kind === 'text' ? template.value : template;
}

/** A leaf that was not evaluated: a worker has to. */
export interface DeferredLeaf {
  /** Where its value goes, with keys as evaluated. */
  readonly path: ValuePath;
  readonly template: Template;
}

/** What becomes of a template; `path` is where it is written, `target` where its value goes. */
type EvaluateLeaf = (template: Template, path: ValuePath, target: ValuePath) => unknown;

/** The value with every template evaluated: fresh maps and lists, but for constant parts. */
export function evaluateTree(value: CompiledValue, scope: Scope): unknown {
  return evaluateNode(value.node, scope, [], (template, path) =>
    evaluate(template, leafScope(scope, path)),
  );
}

/**
 * As {@link evaluateTree}, in an executor: templates that call impure functions, need a worker or turn out to
 * look into a reference are left out (`null` in their place) and listed.
 */
export function evaluateDeferring(
  value: CompiledValue,
  scope: Scope,
): { readonly value: unknown; readonly deferred: readonly DeferredLeaf[] } {
  const deferred: DeferredLeaf[] = [];
  const result = evaluateNode(value.node, scope, [], (template, path, target) => {
    if (mustDefer(template.analysis)) {
      deferred.push({ path: target, template });
      return null;
    }
    try {
      return evaluate(template, leafScope(scope, path));
    } catch (error) {
      if (!(error instanceof ExpressionError) || error.code !== 'touches-reference') throw error;
      deferred.push({ path: target, template });
      return null;
    }
  });
  return { value: result, deferred };
}

function mustDefer(analysis: Analysis): boolean {
  return analysis.needsWorker || analysis.impure.size > 0;
}

function evaluateNode(
  node: ValueNode,
  scope: Scope,
  target: ValuePath,
  evaluateLeaf: EvaluateLeaf,
): unknown {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'template':
      return evaluateLeaf(node.template, node.path, target);
    case 'list':
      return node.items.map((item, index) =>
        evaluateNode(item, scope, [...target, index], evaluateLeaf),
      );
    case 'map': {
      const map: Record<string, unknown> = {};
      for (const entry of node.entries) {
        const key = evaluateKey(entry, scope);
        if (Object.hasOwn(map, key)) throw duplicate(entry, key, scope);
        setOwn(map, key, evaluateNode(entry.value, scope, [...target, key], evaluateLeaf));
      }
      return map;
    }
    default:
      return never(node);
  }
}

function evaluateKey(entry: MapEntry, scope: Scope): string {
  if (typeof entry.key === 'string') return entry.key;
  const keyScope = leafScope(scope, entry.path);
  const key = evaluate(entry.key, { ...keyScope, property: `${keyScope.property} (key)` });
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'boolean') return String(key);
  const place = { start: 0, end: entry.key.source.length, path: keyScope.property };
  throw new ExpressionError('wrong-type', `a key is text, and this is ${show(key)}`, place);
}

function duplicate(entry: MapEntry, key: string, scope: Scope): ExpressionError {
  const place = { start: 0, end: 0, path: leafScope(scope, entry.path).property };
  return new ExpressionError('duplicate-key', `the key ${show(key)} comes twice`, place);
}

function leafScope(scope: Scope, path: ValuePath): Scope {
  return path.length === 0 ? scope : { ...scope, property: propertyPath(scope.property, path) };
}

/** How a place in a property is written: `headers.Authorization`, `body.lines[0].sku`. */
export function propertyPath(property: string, path: ValuePath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, property);
}
