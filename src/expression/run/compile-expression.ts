/** Makes closures from the tree: see {@link Evaluator}. */
import { isReference } from '../../model/reference.ts';
import { never } from '../../support/never.ts';
import type {
  Binary,
  BoundArguments,
  Call,
  Compare,
  Conditional,
  Dictionary,
  Expression,
  Filter,
  List,
  Member,
  Test,
  Unary,
} from '../syntax/tree.ts';
import { conditionOf } from '../values/boolean.ts';
import { setOwn } from '../values/kinds.ts';
import { toText } from '../values/text.ts';
import type { Evaluator } from './evaluator.ts';
import { compileIndex, compileLocal, compileMembers, compileRoot } from './lookup.ts';
import { applyBinary, applyComparison, applySign, type Arithmetic } from './operators.ts';
import type { Runtime } from './runtime.ts';

/** A lenient evaluator answers undefined where the strict one fails because something is missing. */
export function compile(node: Expression, lenient = false): Evaluator {
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'root':
      return compileRoot(node, lenient);
    case 'local':
      return compileLocal(node, lenient);
    case 'member':
      return compileMember(node, lenient);
    case 'index':
      return compileIndex(node, compile(node.target, lenient), compile(node.index), lenient);
    case 'list':
      return compileList(node);
    case 'dictionary':
      return compileDictionary(node);
    case 'unary':
      return compileUnary(node);
    case 'binary':
      return compileBinary(node, lenient);
    case 'compare':
      return compileCompare(node);
    case 'conditional':
      return compileConditional(node, lenient);
    case 'test':
      return compileTest(node);
    case 'filter':
      return compileFilter(node, lenient);
    case 'call':
      return compileCall(node, lenient);
    default:
      return never(node);
  }
}

/** The condition of `if`, `?:`, `and`, `or`, `not`. */
export function compileCondition(node: Expression): (run: Runtime) => boolean {
  const evaluate = compile(node);
  return (run) => {
    const value = evaluate(run);
    if (typeof value === 'boolean') return value;
    run.site = node;
    return conditionOf(value, run);
  };
}

function compileMember(node: Member, lenient: boolean): Evaluator {
  const members: Member[] = [];
  let start: Expression = node;
  while (start.kind === 'member') {
    members.unshift(start);
    start = start.target;
  }
  return compileMembers(compile(start, lenient), members, lenient);
}

function compileList(node: List): Evaluator {
  const items = node.items.map((item) => compile(item));
  return (run) => items.map((item) => item(run));
}

function compileDictionary(node: Dictionary): Evaluator {
  const entries = node.entries.map(({ key, value }) => ({
    key: compile(key),
    value: compile(value),
    node: key,
  }));
  return (run) => {
    const map: Record<string, unknown> = {};
    for (const entry of entries) {
      const key = entry.key(run);
      run.site = entry.node;
      setOwn(map, typeof key === 'string' ? key : toText(key, run), entry.value(run));
    }
    return map;
  };
}

function compileUnary(node: Unary): Evaluator {
  const { operator } = node;
  if (operator === 'not') {
    const condition = compileCondition(node.operand);
    return (run) => !condition(run);
  }
  const operand = compile(node.operand);
  return (run) => applySign(operator, operand(run), node, run);
}

function compileBinary(node: Binary, lenient: boolean): Evaluator {
  const { operator } = node;
  if (operator === 'and' || operator === 'or') {
    const left = compileCondition(node.left);
    const right = compileCondition(node.right);
    return operator === 'and' ? (run) => left(run) && right(run) : (run) => left(run) || right(run);
  }
  if (operator === '??') {
    const left = compile(node.left, true);
    const right = compile(node.right, lenient);
    return (run) => left(run) ?? right(run);
  }
  return compileArithmetic(node, operator);
}

function compileArithmetic(node: Binary, operator: Arithmetic): Evaluator {
  const left = compile(node.left);
  const right = compile(node.right);
  return (run) => {
    const first = left(run);
    return applyBinary(operator, first, right(run), node, run);
  };
}

function compileCompare(node: Compare): Evaluator {
  const first = compile(node.first);
  const rest = node.rest.map((part) => ({ part, operand: compile(part.operand) }));
  return (run) => {
    let left = first(run);
    for (const { part, operand } of rest) {
      const right = operand(run);
      if (!applyComparison(part.operator, left, right, part, run)) return false;
      left = right;
    }
    return true;
  };
}

function compileConditional(node: Conditional, lenient: boolean): Evaluator {
  const condition = compileCondition(node.condition);
  const then = compile(node.then, lenient);
  const otherwise = compile(node.otherwise, lenient);
  return (run) => (condition(run) ? then(run) : otherwise(run));
}

function compileTest(node: Test): Evaluator {
  const { definition } = node;
  const lenient = definition.lenient === true;
  const target = compile(node.target, lenient);
  const give = compileArguments(node.arguments);
  return (run) => {
    const value = target(run);
    const given = give(run);
    run.site = node;
    return definition.holds(lenient ? value : run.settle(value), settleAll(given, run), run);
  };
}

function compileFilter(node: Filter, lenient: boolean): Evaluator {
  const { definition } = node;
  const input = compile(node.input, lenient || definition.lenient === true);
  const give = compileArguments(node.arguments);
  const takesMissing = definition.lenient === true;
  return (run) => {
    const value = input(run);
    if (value === undefined && !takesMissing) return undefined;
    const given = give(run);
    run.site = node;
    const result = takesMissing
      ? definition.apply(value, given, run)
      : definition.apply(run.settle(value), settleAll(given, run), run);
    if (result !== undefined || lenient) return result;
    return run.fail('no-value', `\`${definition.name}\` has no value here; \`??\` gives one`, node);
  };
}

function compileCall(node: Call, lenient: boolean): Evaluator {
  const { definition } = node;
  const give = compileArguments(node.arguments);
  return (run) => {
    const given = give(run);
    run.site = node;
    const result = definition.call(given, run);
    if (result !== undefined || lenient) return result;
    return run.fail('no-value', `\`${definition.name}(…)\` has no value; \`??\` gives one`, node);
  };
}

const NONE: readonly unknown[] = [];

function compileArguments(nodes: BoundArguments): (run: Runtime) => readonly unknown[] {
  if (nodes.every((node) => node === undefined)) return () => NONE;
  const evaluators = nodes.map((node) => (node === undefined ? undefined : compile(node)));
  return (run) => evaluators.map((evaluate) => evaluate?.(run));
}

function settleAll(given: readonly unknown[], run: Runtime): readonly unknown[] {
  return given.some(isReference) ? given.map((value) => run.settle(value)) : given;
}
