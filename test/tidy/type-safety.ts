/** Holes in the types: none that nobody explained. ESLint finds `any` that comes in from outside, too. */
import ts from 'typescript';
import {
  isTest,
  nodesOf,
  violationAt,
  type Source,
  type SourceTree,
  type Violation,
} from './source-tree.ts';

const SUPPRESSION = /@ts-ignore|@ts-nocheck|@ts-expect-error|eslint-disable/;
const COMMENT = /\/\/|\/\*|^\s*\*/;

function isConst(type: ts.TypeNode): boolean {
  return ts.isTypeReferenceNode(type) && type.getText() === 'const';
}

/**
 * A comment on the cast's lines, or above it with no empty line between: one comment may explain a
 * paragraph of casts that are right for the same reason.
 */
function isExplained(source: Source, node: ts.Node): boolean {
  const lines = source.text.split('\n');
  const lineAt = (position: number) => source.ast.getLineAndCharacterOfPosition(position).line;
  let line = lineAt(node.end);
  for (; line >= lineAt(node.getStart(source.ast)); line--) {
    if (COMMENT.test(lines[line] ?? '')) return true;
  }
  for (; (lines[line] ?? '').trim() !== ''; line--)
    if (COMMENT.test(lines[line] ?? '')) return true;
  return false;
}

function problemOf(source: Source, node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) {
    return '`any` switches the checks off; use `unknown` and narrow it';
  }
  if (ts.isNonNullExpression(node)) {
    return '`!` hides a missing value; use `present(value, what)` of src/support/assert.ts, or handle it';
  }
  if (ts.isTypeAssertionExpression(node))
    return 'an old-style cast; write `value as Type`, with a comment';
  if (ts.isAsExpression(node) && !isConst(node.type) && !isExplained(source, node)) {
    return 'a cast without a comment; say above it why it is right, or narrow instead';
  }
  return undefined;
}

function suppressions(source: Source): Violation[] {
  return source.text.split('\n').flatMap((text, index) => {
    if (!SUPPRESSION.test(text) || text.includes(' -- ')) return [];
    const message = 'a suppressed check; mend the cause, or give the reason after " -- "';
    return [{ file: source.path, line: index + 1, message }];
  });
}

/** `any`, `!`, casts without a comment, suppressions without a reason; tests may cast. */
export function checkTypeSafety(tree: SourceTree): Violation[] {
  return tree.sources
    .filter(({ path }) => !isTest(path))
    .flatMap((source) => {
      const violations = suppressions(source);
      for (const node of nodesOf(source.ast)) {
        const message = problemOf(source, node);
        if (message !== undefined) violations.push(violationAt(source, node, message));
      }
      return violations;
    });
}
