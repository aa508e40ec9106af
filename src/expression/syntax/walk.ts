import { never } from '../../support/never.ts';
import type { Expression, Statement } from './tree.ts';

/** The expressions directly inside one. */
export function childrenOf(node: Expression): readonly (Expression | undefined)[] {
  switch (node.kind) {
    case 'literal':
    case 'root':
    case 'local':
      return [];
    case 'member':
      return [node.target];
    case 'index':
      return [node.target, node.index];
    case 'list':
      return node.items;
    case 'dictionary':
      return node.entries.flatMap((entry) => [entry.key, entry.value]);
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'compare':
      return [node.first, ...node.rest.map((rest) => rest.operand)];
    case 'conditional':
      return [node.condition, node.then, node.otherwise];
    case 'test':
      return [node.target, ...node.arguments];
    case 'filter':
      return [node.input, ...node.arguments];
    case 'call':
      return node.arguments;
    default:
      return never(node);
  }
}

/** The expressions that stand in statements, outermost ones only, in the order of the text. */
export function expressionsOf(statements: readonly Statement[]): Expression[] {
  return statements.flatMap((statement) => {
    switch (statement.kind) {
      case 'text':
        return [];
      case 'output':
        return [statement.expression];
      case 'if':
        return [
          ...statement.branches.flatMap((branch) => [
            branch.condition,
            ...expressionsOf(branch.body),
          ]),
          ...expressionsOf(statement.otherwise),
        ];
      case 'for':
        return [
          statement.values,
          ...expressionsOf(statement.body),
          ...expressionsOf(statement.otherwise),
        ];
      case 'set':
        return isStatements(statement.value) ? expressionsOf(statement.value) : [statement.value];
      default:
        return never(statement);
    }
  });
}

export function isStatements(
  value: Expression | readonly Statement[],
): value is readonly Statement[] {
  return Array.isArray(value);
}
