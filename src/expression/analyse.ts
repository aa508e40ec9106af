/** What can be known of a template without evaluating it. */
import type { Span } from './problem.ts';
import type { Expression, Index, Member, Root } from './syntax/tree.ts';
import { childrenOf } from './syntax/walk.ts';

/** One look-up from a root, as far as its keys are constant. */
export interface Lookup extends Span {
  /** The root and the keys: `['outputs', 'charge', 'body']`. An index or computed key ends it. */
  readonly path: readonly string[];
  /** True where a missing value is provided for: `??`, `default`, `is defined`. */
  readonly optional: boolean;
}

export interface Analysis {
  readonly lookups: readonly Lookup[];
  readonly roots: ReadonlySet<string>;
  /** The paths of the look-ups, each once. */
  readonly paths: readonly (readonly string[])[];
  readonly functions: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
  /** Functions that only a worker can evaluate, since their value is not in the log. */
  readonly impure: ReadonlySet<'secret' | 'env' | 'read'>;
  /** True when a filter or function runs in a worker's thread only. */
  readonly needsWorker: boolean;
  /** True when it may read any root, whatever `roots` says: `render()` reads templates made at run time. */
  readonly wholeContext: boolean;
}

/** Collects while it walks; what it has is an {@link Analysis}. */
class Findings {
  readonly lookups: Lookup[] = [];
  readonly functions = new Set<string>();
  readonly filters = new Set<string>();
  readonly impure = new Set<'secret' | 'env' | 'read'>();
  needsWorker = false;

  visit(node: Expression, optional: boolean): void {
    if (node.kind === 'root' || node.kind === 'member' || node.kind === 'index') {
      this.visitLookup(node, optional);
      return;
    }
    if (node.kind === 'call') {
      this.functions.add(node.definition.name);
      if (node.definition.impure !== undefined) this.impure.add(node.definition.impure);
      if (node.definition.worker === true) this.needsWorker = true;
    } else if (node.kind === 'filter') {
      this.filters.add(node.definition.name);
      if (node.definition.worker === true) this.needsWorker = true;
    }
    const [first, ...rest] = childrenOf(node);
    // The first child is the one whose absence may be provided for; arguments never are.
    if (first !== undefined) this.visit(first, providesFor(node) || (optional && passesOn(node)));
    for (const child of rest) {
      if (child !== undefined) this.visit(child, optional && isBranch(node));
    }
  }

  private visitLookup(node: Root | Member | Index, optional: boolean): void {
    const steps: (Member | Index)[] = [];
    let start: Expression = node;
    while (start.kind === 'member' || start.kind === 'index') {
      steps.unshift(start);
      if (start.kind === 'index') this.visit(start.index, false);
      start = start.target;
    }
    if (start.kind !== 'root') {
      this.visit(start, optional);
      return;
    }
    const path = [start.name];
    let { end } = start;
    for (const step of steps) {
      if (step.kind === 'index') break;
      path.push(step.key);
      end = step.end;
    }
    this.lookups.push({ path, optional, start: start.start, end });
  }
}

function providesFor(node: Expression): boolean {
  if (node.kind === 'binary') return node.operator === '??';
  if (node.kind === 'filter') return node.definition.lenient === true;
  return node.kind === 'test' && node.definition.lenient === true;
}

/** A filter hands on that its input is missing. */
function passesOn(node: Expression): boolean {
  return node.kind === 'filter';
}

/** Where any of several values may be the result. */
function isBranch(node: Expression): boolean {
  return node.kind === 'conditional' || (node.kind === 'binary' && node.operator === '??');
}

export function analyseExpressions(expressions: readonly Expression[]): Analysis {
  const findings = new Findings();
  for (const expression of expressions) findings.visit(expression, false);
  const { lookups, functions, filters, impure, needsWorker } = findings;
  const byText = new Map(lookups.map(({ path }) => [JSON.stringify(path), path]));
  return {
    lookups,
    roots: new Set(lookups.flatMap(({ path }) => path.slice(0, 1))),
    paths: [...byText.values()],
    functions,
    filters,
    impure,
    needsWorker,
    wholeContext: functions.has('render'),
  };
}

export const emptyAnalysis: Analysis = analyseExpressions([]);
