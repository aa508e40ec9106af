/**
 * Names that a layer must do without. In the pure layers the result depends on the arguments alone, so
 * a replay comes out the same; in the shells time and randomness come from ports, so that a seed of
 * the simulator is one history.
 */
import { isBuiltin } from 'node:module';
import ts from 'typescript';
import {
  isTest,
  nodesOf,
  violationAt,
  type Source,
  type SourceTree,
  type Violation,
} from './source-tree.ts';

interface Zone {
  readonly layers: readonly string[];
  /** Global identifiers → what to do instead. */
  readonly globals: Readonly<Record<string, string>>;
  /** `object.member` → what to do instead. */
  readonly members: Readonly<Record<string, string>>;
  readonly allowsAsync: boolean;
  /** What to do instead of importing this module, or `undefined` when the import is fine. */
  readonly importProblem: (specifier: string, path: string) => string | undefined;
}

const TAKE_TIME = 'take the time from the input or a port (src/ports/clock.ts)';
const TAKE_RANDOMNESS = 'take ids from the input or a port (src/ports/random.ts)';
const TAKE_TIMERS = 'keep timers in state, or take them from src/ports/clock.ts';

const CLOCK_AND_CHANCE = {
  globals: {
    setTimeout: TAKE_TIMERS,
    setInterval: TAKE_TIMERS,
    setImmediate: TAKE_TIMERS,
    performance: TAKE_TIME,
    crypto: TAKE_RANDOMNESS,
  },
  members: {
    'Date.now': TAKE_TIME,
    'Math.random': TAKE_RANDOMNESS,
    'process.hrtime': TAKE_TIME,
  },
};

const NO_OUTSIDE = 'pass the value in; only shells and adapters look outside';

const PURE_GLOBALS = {
  ...CLOCK_AND_CHANCE.globals,
  queueMicrotask: 'return the result',
  process: NO_OUTSIDE,
  fetch: NO_OUTSIDE,
};

function pureImportProblem(specifier: string, path: string): string | undefined {
  if (!isBuiltin(specifier)) return undefined;
  if (path === 'src/support/digest.ts' && specifier === 'node:crypto') return undefined;
  return 'do it in a shell or an adapter and pass the result in (digests: src/support/digest.ts)';
}

const SHELL_IMPORTS: Readonly<Record<string, string>> = {
  timers: TAKE_TIMERS,
  'timers/promises': TAKE_TIMERS,
  perf_hooks: TAKE_TIME,
  crypto: `${TAKE_RANDOMNESS}; digests are in src/support/digest.ts`,
};

const ZONES: readonly Zone[] = [
  {
    layers: ['model', 'expression', 'flow', 'engine'],
    globals: { ...PURE_GLOBALS, Promise: 'be synchronous: the shell does what takes time' },
    members: CLOCK_AND_CHANCE.members,
    allowsAsync: false,
    importProblem: pureImportProblem,
  },
  {
    // Used by the pure layers, so as pure; but a queue that shells share may hand out promises.
    layers: ['support'],
    globals: PURE_GLOBALS,
    members: CLOCK_AND_CHANCE.members,
    allowsAsync: true,
    importProblem: pureImportProblem,
  },
  {
    layers: ['executor', 'worker', 'trigger', 'indexer', 'compose'],
    globals: CLOCK_AND_CHANCE.globals,
    members: CLOCK_AND_CHANCE.members,
    allowsAsync: true,
    importProblem: (specifier) => SHELL_IMPORTS[specifier.replace(/^node:/, '')],
  },
];

/** True for `name` where it stands for a value of its own, not for a member or a key of that name. */
function isFreeIdentifier(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  const isMemberName =
    ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent);
  return !(isMemberName && parent.name === node);
}

function memberName(node: ts.PropertyAccessExpression): string {
  return ts.isIdentifier(node.expression) ? `${node.expression.text}.${node.name.text}` : '';
}

/** `new Date()` and `Date()` read the clock; `new Date(value)` does not. */
function readsDate(node: ts.Node): boolean {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
  if (!ts.isIdentifier(node.expression) || node.expression.text !== 'Date') return false;
  return ts.isCallExpression(node) || (node.arguments?.length ?? 0) === 0;
}

function isAsync(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) return true;
  return ts.isForOfStatement(node) && node.awaitModifier !== undefined;
}

function nodeProblem(zone: Zone, node: ts.Node): string | undefined {
  if (!zone.allowsAsync && isAsync(node)) {
    return 'async and await are not allowed here; be synchronous: the shell does what takes time';
  }
  if (readsDate(node)) return `Date without a value reads the clock; ${TAKE_TIME}`;
  if (ts.isPropertyAccessExpression(node)) {
    const name = memberName(node);
    const remedy = zone.members[name];
    return remedy === undefined ? undefined : `${name} is not allowed here; ${remedy}`;
  }
  if (!ts.isIdentifier(node) || !Object.hasOwn(zone.globals, node.text)) return undefined;
  if (!isFreeIdentifier(node)) return undefined;
  return `${node.text} is not allowed here; ${zone.globals[node.text] ?? ''}`;
}

function checkSource(zone: Zone, source: Source): Violation[] {
  const violations: Violation[] = [];
  for (const { specifier, line } of source.imports) {
    const remedy = zone.importProblem(specifier, source.path);
    if (remedy === undefined) continue;
    violations.push({
      file: source.path,
      line,
      message: `${specifier} is not allowed here; ${remedy}`,
    });
  }
  for (const node of nodesOf(source.ast)) {
    const message = nodeProblem(zone, node);
    if (message !== undefined) violations.push(violationAt(source, node, message));
  }
  return violations;
}

/** The pure layers and the shells against the names forbidden to them. */
export function checkPurity(tree: SourceTree): Violation[] {
  return tree.sources.flatMap((source) => {
    const layer = /^src\/([^/]+)\//.exec(source.path)?.[1] ?? '';
    const zone = ZONES.find(({ layers }) => layers.includes(layer));
    return zone === undefined || isTest(source.path) ? [] : checkSource(zone, source);
  });
}
