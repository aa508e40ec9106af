/** Closures for a template of more than one part: each writes its text. */
import { never } from '../../support/never.ts';
import type { For, If, Output, Set, Statement } from '../syntax/tree.ts';
import { isStatements } from '../syntax/walk.ts';
import { isList, isMap, show } from '../values/kinds.ts';
import { checkBytes, toText } from '../values/text.ts';
import { compile, compileCondition } from './compile-expression.ts';
import type { Evaluator } from './evaluator.ts';
import type { Runtime } from './runtime.ts';

/** What a list of statements has written so far. */
interface Sink {
  text: string;
}

type Writer = (run: Runtime, sink: Sink) => void;

/** The text of the statements. */
export function compileText(statements: readonly Statement[]): Evaluator {
  const write = compileAll(statements);
  return (run) => {
    const sink = { text: '' };
    write(run, sink);
    checkBytes(sink.text, run);
    return sink.text;
  };
}

function compileAll(statements: readonly Statement[]): Writer {
  const writers = statements.map(compileStatement);
  return (run, sink) => {
    for (const write of writers) write(run, sink);
  };
}

function compileStatement(statement: Statement): Writer {
  switch (statement.kind) {
    case 'text':
      return compileData(statement.value);
    case 'output':
      return compileOutput(statement);
    case 'if':
      return compileIf(statement);
    case 'for':
      return compileFor(statement);
    case 'set':
      return compileSet(statement);
    default:
      return never(statement);
  }
}

function compileData(text: string): Writer {
  return (run, sink) => {
    run.chargeText(text.length);
    sink.text += text;
    if (sink.text.length > run.outputBytesMax) run.reserve(sink.text.length);
  };
}

function compileOutput(output: Output): Writer {
  const evaluate = compile(output.expression);
  return (run, sink) => {
    const value = evaluate(run);
    run.site = output;
    const text = typeof value === 'string' ? value : toText(value, run);
    sink.text += text;
    run.chargeText(text.length);
    if (sink.text.length > run.outputBytesMax) run.reserve(sink.text.length);
  };
}

function compileIf(node: If): Writer {
  const branches = node.branches.map(({ condition, body }) => ({
    holds: compileCondition(condition),
    write: compileAll(body),
  }));
  const otherwise = compileAll(node.otherwise);
  return (run, sink) => {
    for (const branch of branches) {
      if (!branch.holds(run)) continue;
      branch.write(run, sink);
      return;
    }
    otherwise(run, sink);
  };
}

function compileSet(node: Set): Writer {
  const value = isStatements(node.value) ? compileText(node.value) : compile(node.value);
  return (run) => {
    const result = value(run);
    for (const slot of node.slots) run.locals[slot] = result;
  };
}

function compileFor(node: For): Writer {
  const values = compile(node.values);
  const body = compileAll(node.body);
  const otherwise = compileAll(node.otherwise);
  return (run, sink) => {
    const value = values(run);
    run.site = node;
    const turns = turnsOf(run.settle(value), node, run);
    if (turns.length === 0) otherwise(run, sink);
    turns.forEach((turn, index) => {
      run.site = node;
      run.charge(node.turnCost);
      beginTurn(node, turn, run);
      run.locals[node.loopSlot] = loopAt(index, turns.length);
      body(run, sink);
    });
  };
}

/** What there is to go through: elements, keys, or pairs of key and value. */
function turnsOf(value: unknown, node: For, run: Runtime): readonly unknown[] {
  if (isList(value)) return value;
  if (!isMap(value)) {
    return run.fail(
      'wrong-type',
      `\`for\` goes through a list or a map, and this is ${show(value)}`,
    );
  }
  const keys = Object.keys(value);
  run.charge(keys.length);
  return node.slots.length === 1 ? keys : keys.map((key) => [key, value[key]]);
}

function beginTurn(node: For, turn: unknown, run: Runtime): void {
  const [first, ...more] = node.slots;
  for (const slot of node.bodySlots) run.locals[slot] = undefined;
  if (first === undefined) return;
  if (more.length === 0) {
    run.locals[first] = turn;
    return;
  }
  const parts = run.settle(turn);
  if (!isList(parts) || parts.length !== node.slots.length) {
    const message = `\`for\` with ${node.slots.length} names goes through lists of ${node.slots.length}, and this is ${show(parts)}`;
    run.fail('wrong-type', message);
    return;
  }
  node.slots.forEach((slot, index) => {
    run.locals[slot] = parts[index];
  });
}

function loopAt(index: number, length: number): Readonly<Record<string, unknown>> {
  return {
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
  };
}
