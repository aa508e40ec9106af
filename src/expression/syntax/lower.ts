import nodes, {
  type For as ForNode,
  type If as IfNode,
  type Node,
  type Set as SetNode,
} from 'nunjucks/src/nodes.js';
import { lowerExpression } from './lower-expression.ts';
import type { Lowering } from './lowering.ts';
import { TemplateSyntaxError } from './syntax-error.ts';
import type { Expression, Statement } from './tree.ts';

/** A part of a template is quick to evaluate, beside what is charged for its work. */
const NODE_COST = 0.25;

/** The statements of a template or of a block in it. Neighbouring text is one statement. */
export function lowerStatements(block: Node, lowering: Lowering): readonly Statement[] {
  const children = block instanceof nodes.NodeList ? block.children : [];
  const statements: Statement[] = [];
  for (const child of children) {
    for (const statement of lowerStatement(child, lowering)) {
      const last = statements.at(-1);
      if (statement.kind === 'text' && last?.kind === 'text') {
        statements[statements.length - 1] = { kind: 'text', value: last.value + statement.value };
      } else {
        statements.push(statement);
      }
    }
  }
  return statements;
}

function lowerStatement(node: Node, lowering: Lowering): readonly Statement[] {
  return lowering.inNode(node.colno, () => {
    if (node instanceof nodes.Output)
      return node.children.map((child) => lowerOutput(child, lowering));
    if (node instanceof nodes.If) return [lowerIf(node, lowering)];
    if (node instanceof nodes.For) return [lowerFor(node, lowering)];
    if (node instanceof nodes.Set) return [lowerSet(node, lowering)];
    throw at(node, `\`${node.typename}\` is not part of the language`);
  });
}

function lowerOutput(node: Node, lowering: Lowering): Statement {
  if (node instanceof nodes.TemplateData) return { kind: 'text', value: String(node.value) };
  const expression = lowerExpression(node, lowering);
  return { kind: 'output', expression, start: expression.start, end: expression.end };
}

/** `elif` is an `if` in the `else` of the one before it: the chain becomes a list of branches. */
function lowerIf(node: IfNode, lowering: Lowering): Statement {
  const branches: { condition: Expression; body: readonly Statement[] }[] = [];
  let rest: Node | null = node;
  while (rest instanceof nodes.If) {
    branches.push({
      condition: lowerExpression(rest.cond, lowering),
      body: lowerStatements(rest.body, lowering),
    });
    rest = rest.else_;
  }
  const otherwise = rest === null ? [] : lowerStatements(rest, lowering);
  return { kind: 'if', branches, otherwise };
}

function lowerFor(node: ForNode, lowering: Lowering): Statement {
  const values = lowerExpression(node.arr, lowering);
  const targets = node.name instanceof nodes.NodeList ? node.name.children : [node.name];
  const before = lowering.nodeCount;
  let slots: readonly number[] = [];
  let loopSlot = 0;
  let body: readonly Statement[] = [];
  const inside = lowering.names.inScope(() => {
    slots = targets.map((target) => lowering.names.declare(nameOf(target)));
    loopSlot = lowering.names.declare('loop');
    for (const slot of slots) lowering.addSource(slot, values);
    body = lowerStatements(node.body, lowering);
  });
  return {
    kind: 'for',
    slots,
    loopSlot,
    values,
    body,
    otherwise: node.else_ === null ? [] : lowerStatements(node.else_, lowering),
    bodySlots: inside.filter((slot) => slot !== loopSlot && !slots.includes(slot)),
    turnCost: 1 + NODE_COST * (lowering.nodeCount - before),
    start: values.start,
    end: values.end,
  };
}

function lowerSet(node: SetNode, lowering: Lowering): Statement {
  const capture = node.body instanceof nodes.Capture ? node.body.body : undefined;
  const value =
    capture !== undefined || node.value === null
      ? lowerStatements(capture ?? new nodes.NodeList(0, node.colno), lowering)
      : lowerExpression(node.value, lowering);
  const slots = node.targets.map((target) => {
    const name = nameOf(target);
    return lowering.names.resolve(name) ?? lowering.names.declare(name);
  });
  for (const slot of slots) lowering.addSource(slot, value);
  return { kind: 'set', slots, value };
}

function nameOf(target: Node): string {
  if (target instanceof nodes.Symbol) return String(target.value);
  throw at(target, 'only a name can be given a value');
}

function at(node: Node, message: string): TemplateSyntaxError {
  return new TemplateSyntaxError(message, { start: node.colno, end: node.colno + 1 });
}
