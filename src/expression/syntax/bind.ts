import nodes, { type Node } from 'nunjucks/src/nodes.js';
import { nearest } from '../../support/nearest.ts';
import type { Parameter } from '../definition.ts';
import type { Span } from '../problem.ts';
import type { Lowering } from './lowering.ts';
import type { BoundArguments, Expression } from './tree.ts';

interface Callee extends Span {
  /** As messages name it: `filter \`round\``. */
  readonly what: string;
  readonly parameters: readonly Parameter[];
  readonly check?: (literals: readonly unknown[]) => string | undefined;
}

/** Puts arguments, by position and by name, in the order of the parameters; reports those that do not fit. */
export function bindArguments(
  callee: Callee,
  given: readonly Node[],
  lowering: Lowering,
  lower: (node: Node) => Expression,
): BoundArguments {
  const bound: (Expression | undefined)[] = callee.parameters.map(() => undefined);
  const positional = given.filter((node) => !(node instanceof nodes.KeywordArgs));
  positional.forEach((node, index) => {
    const value = lower(node);
    if (index < bound.length) bound[index] = value;
  });
  if (positional.length > callee.parameters.length) {
    wrong(callee, lowering, `takes ${countOf(callee.parameters)}, not ${positional.length}`);
  }
  for (const pair of namedArguments(given)) {
    const name = nameOf(pair.key);
    const index = callee.parameters.findIndex((parameter) => parameter.name === name);
    const value = lower(pair.value);
    if (index !== -1 && bound[index] === undefined) bound[index] = value;
    else reportName(callee, lowering, name, index !== -1);
  }
  const missing = callee.parameters.find(
    (parameter, index) => parameter.required && bound[index] === undefined,
  );
  if (missing !== undefined) wrong(callee, lowering, `needs \`${missing.name}\``);
  checkLiterals(callee, bound, lowering);
  return bound;
}

function namedArguments(given: readonly Node[]): readonly { key: Node; value: Node }[] {
  const last = given.at(-1);
  if (!(last instanceof nodes.KeywordArgs)) return [];
  return last.children.filter((child) => child instanceof nodes.Pair);
}

function nameOf(key: Node): string {
  return key instanceof nodes.Symbol ? String(key.value) : '';
}

function reportName(callee: Callee, lowering: Lowering, name: string, twice: boolean): void {
  if (twice) {
    wrong(callee, lowering, `is given \`${name}\` twice`);
    return;
  }
  const names = callee.parameters.map((parameter) => parameter.name);
  const close = nearest(name, names);
  const hint = close === undefined ? undefined : `did you mean \`${close}\`?`;
  wrong(callee, lowering, `has no argument \`${name}\``, hint);
}

/** Literals can be looked at without evaluating: a regular expression, a format. */
function checkLiterals(callee: Callee, bound: BoundArguments, lowering: Lowering): void {
  const literals = bound.map((node) => (node?.kind === 'literal' ? node.value : undefined));
  const complaint = callee.check?.(literals);
  if (complaint !== undefined) lowering.report('bad-regex', complaint, callee);
}

function wrong(callee: Callee, lowering: Lowering, message: string, hint?: string): void {
  lowering.report('wrong-arguments', `${callee.what} ${message}`, callee, hint);
}

function countOf(list: readonly Parameter[]): string {
  if (list.length === 0) return 'no arguments';
  const names = list.map((parameter) => `${parameter.name}${parameter.required ? '' : '?'}`);
  return `${list.length} argument${list.length === 1 ? '' : 's'} (${names.join(', ')})`;
}
