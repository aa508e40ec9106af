/** From the parser's nodes to our tree: names are resolved, and what is not allowed is reported. */
import nodes, {
  type BinOp,
  type Compare as CompareNode,
  type FunCall,
  type LookupVal,
  type Node,
  type NodeList,
  type UnaryOp,
} from 'nunjucks/src/nodes.js';
import type { Span } from '../problem.ts';
import { bindArguments } from './bind.ts';
import { lowerName, unknown } from './lower-name.ts';
import type { Lowering } from './lowering.ts';
import { Coalesce } from './parser.ts';
import { TemplateSyntaxError } from './syntax-error.ts';
import type {
  Binary,
  BinaryOperator,
  Comparison,
  Conditional,
  Dictionary,
  Expression,
  List,
  Literal,
  Unary,
} from './tree.ts';

/** Stands where a problem was reported, so that the rest is still read and its problems are found too. */
function nothingAt({ start, end }: Span): Literal {
  return { kind: 'literal', value: null, start, end };
}

const BINARY_NODES: readonly (readonly [typeof BinOp, BinaryOperator])[] = [
  [nodes.Add, '+'],
  [nodes.Sub, '-'],
  [nodes.Mul, '*'],
  [nodes.Div, '/'],
  [nodes.FloorDiv, '//'],
  [nodes.Mod, '%'],
  [nodes.Pow, '**'],
  [nodes.Concat, '~'],
  [nodes.In, 'in'],
  [nodes.And, 'and'],
  [nodes.Or, 'or'],
  [Coalesce, '??'],
];

const UNARY_NODES: readonly (readonly [typeof UnaryOp, Unary['operator']])[] = [
  [nodes.Not, 'not'],
  [nodes.Neg, '-'],
  [nodes.Pos, '+'],
];

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['==', '=='],
  ['===', '=='],
  ['!=', '!='],
  ['!==', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

export function lowerExpression(node: Node, lowering: Lowering): Expression {
  return lowering.inNode(node.colno, () => lowerNode(node, lowering));
}

function lowerNode(node: Node, lowering: Lowering): Expression {
  if (node instanceof nodes.Literal) return literal(node.value, node.colno);
  if (node instanceof nodes.Symbol) return lowerName(String(node.value), node.colno, lowering);
  if (node instanceof nodes.LookupVal) return lowerLookup(node, lowering);
  if (node instanceof nodes.Filter) return lowerFilter(node, lowering);
  if (node instanceof nodes.FunCall) return lowerCall(node, lowering);
  if (node instanceof nodes.Is) return lowerTest(node, lowering);
  if (node instanceof nodes.BinOp) return lowerBinary(node, lowering);
  if (node instanceof nodes.Compare) return lowerCompare(node, lowering);
  if (node instanceof nodes.InlineIf) return lowerConditional(node, lowering);
  if (node instanceof nodes.Dict) return lowerDictionary(node, lowering);
  if (node instanceof nodes.Group) return lowerGroup(node, lowering);
  if (node instanceof nodes.Array) return lowerList(node, lowering);
  return lowerUnary(node, lowering);
}

function literal(value: unknown, start: number): Literal {
  const end = start + String(value).length + (typeof value === 'string' ? 2 : 0);
  // The parser makes literals of these four kinds only; regular expressions never leave the lexer.
  return { kind: 'literal', value: value as Literal['value'], start, end };
}

function lowerLookup(node: LookupVal, lowering: Lowering): Expression {
  const target = lowerExpression(node.target, lowering);
  const key = node.val;
  if (key instanceof nodes.Literal && typeof key.value === 'string') {
    const end = node.colno + key.value.length;
    return { kind: 'member', target, key: key.value, start: node.colno, end };
  }
  const index = key === undefined ? nothingAt(target) : lowerExpression(key, lowering);
  return { kind: 'index', target, index, start: node.colno, end: index.end + 1 };
}

function lowerFilter(node: FunCall, lowering: Lowering): Expression {
  const { name, span } = nameOf(node.name);
  const [input, ...given] = node.args.children;
  const lowered = input === undefined ? nothingAt(span) : lowerExpression(input, lowering);
  const definition = lowering.vocabulary.filters.get(name);
  if (definition === undefined) {
    unknown('filter', name, span, lowering.vocabulary.filters.keys(), lowering);
    return lowered;
  }
  const callee = { ...span, ...definition, what: `filter \`${name}\`` };
  const bound = bindArguments(callee, given, lowering, (child) => lowerExpression(child, lowering));
  return { kind: 'filter', definition, input: lowered, arguments: bound, ...span };
}

function lowerCall(node: FunCall, lowering: Lowering): Expression {
  if (!(node.name instanceof nodes.Symbol)) {
    // The target is read for its own problems; a call of data is refused whatever it is.
    const target = lowerExpression(node.name, lowering);
    const names = [...lowering.vocabulary.functions.keys()].join(', ');
    const message = 'only functions can be called, and a value is never one';
    lowering.report('unknown-function', message, target, `functions: ${names}`);
    return nothingAt(target);
  }
  const { name, span } = nameOf(node.name);
  const definition = lowering.vocabulary.functions.get(name);
  if (definition === undefined) {
    unknown('function', name, span, lowering.vocabulary.functions.keys(), lowering);
    return nothingAt(span);
  }
  const callee = { ...span, parameters: definition.parameters, what: `function \`${name}\`` };
  const bound = bindArguments(callee, node.args.children, lowering, (child) =>
    lowerExpression(child, lowering),
  );
  if (name === 'render') lowering.rendered.push(...bound.filter((value) => value !== undefined));
  return { kind: 'call', definition, arguments: bound, ...span };
}

function lowerTest(node: BinOp, lowering: Lowering): Expression {
  const target = lowerExpression(node.left, lowering);
  // The parser writes `x is name(…)` as a call on the right side.
  const call = node.right;
  if (!(call instanceof nodes.FunCall)) throw unexpected(node);
  const { name, span } = nameOf(call.name);
  const definition = lowering.vocabulary.tests.get(name);
  if (definition === undefined) {
    unknown('test', name, span, lowering.vocabulary.tests.keys(), lowering);
    return target;
  }
  const callee = { ...span, ...definition, what: `test \`${name}\`` };
  const bound = bindArguments(callee, call.args.children, lowering, (child) =>
    lowerExpression(child, lowering),
  );
  return { kind: 'test', definition, target, arguments: bound, ...span };
}

function lowerBinary(node: BinOp, lowering: Lowering): Binary {
  const operator = BINARY_NODES.find(([type]) => node instanceof type)?.[1];
  if (operator === undefined) throw unexpected(node);
  return {
    kind: 'binary',
    operator,
    left: lowerExpression(node.left, lowering),
    right: lowerExpression(node.right, lowering),
    start: node.colno,
    end: node.colno + operator.length,
  };
}

function lowerCompare(node: CompareNode, lowering: Lowering): Expression {
  const first = lowerExpression(node.expr, lowering);
  const rest = node.ops.map((operand) => {
    const operator = COMPARISONS.get(operand.type);
    if (operator === undefined) throw unexpected(operand);
    return {
      operator,
      operand: lowerExpression(operand.expr, lowering),
      start: operand.colno,
      end: operand.colno + operand.type.length,
    };
  });
  return { kind: 'compare', first, rest, start: node.colno, end: rest.at(-1)?.end ?? first.end };
}

function lowerConditional(
  node: { cond: Node; body: Node; else_: Node | null; colno: number },
  lowering: Lowering,
): Conditional {
  const condition = lowerExpression(node.cond, lowering);
  const then = lowerExpression(node.body, lowering);
  const otherwise = node.else_ === null ? nothingAt(then) : lowerExpression(node.else_, lowering);
  return {
    kind: 'conditional',
    condition,
    then,
    otherwise,
    start: condition.start,
    end: condition.end,
  };
}

function lowerDictionary(node: NodeList, lowering: Lowering): Dictionary {
  const entries = node.children
    .filter((child) => child instanceof nodes.Pair)
    .map((pair) => ({
      key: lowerKey(pair.key, lowering),
      value: lowerExpression(pair.value, lowering),
    }));
  return { kind: 'dictionary', entries, start: node.colno, end: node.colno + 1 };
}

/** `name:` and `'text':` are keys as written; `(expression):` is computed. */
function lowerKey(key: Node, lowering: Lowering): Expression {
  if (key instanceof nodes.Symbol) return literal(String(key.value), key.colno);
  if (key instanceof nodes.Literal) {
    if (typeof key.value === 'string') return literal(key.value, key.colno);
    if (typeof key.value === 'number') return literal(String(key.value), key.colno);
  }
  if (key instanceof nodes.Group) return lowerExpression(key, lowering);
  const span = { start: key.colno, end: key.colno + 1 };
  throw new TemplateSyntaxError('a key is a name, a string, or an expression in brackets', span);
}

function lowerGroup(node: NodeList, lowering: Lowering): Expression {
  const [child, ...more] = node.children;
  if (child !== undefined && more.length === 0) return lowerExpression(child, lowering);
  const span = { start: node.colno, end: node.colno + 1 };
  throw new TemplateSyntaxError('one expression stands in brackets', span, 'a list is `[a, b]`');
}

function lowerList(node: NodeList, lowering: Lowering): List {
  const items = node.children.map((child) => lowerExpression(child, lowering));
  return { kind: 'list', items, start: node.colno, end: node.colno + 1 };
}

function lowerUnary(node: Node, lowering: Lowering): Expression {
  for (const [type, operator] of UNARY_NODES) {
    if (!(node instanceof type)) continue;
    const operand = lowerExpression(node.target, lowering);
    const end = node.colno + operator.length;
    return { kind: 'unary', operator, operand, start: node.colno, end };
  }
  throw unexpected(node);
}

function nameOf(node: Node): { readonly name: string; readonly span: Span } {
  const name = node instanceof nodes.Symbol ? String(node.value) : '';
  return { name, span: { start: node.colno, end: node.colno + name.length } };
}

function unexpected(node: Node): TemplateSyntaxError {
  return new TemplateSyntaxError(`\`${node.typename}\` is not part of the language`, {
    start: node.colno,
    end: node.colno + 1,
  });
}
