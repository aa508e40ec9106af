/** The budgets of docs/STYLE.md: for one file or function a hard limit, for all of them a shape. */
import ts from 'typescript';
import {
  isTest,
  nodesOf,
  violationAt,
  type Source,
  type SourceTree,
  type Violation,
} from './source-tree.ts';

interface Budget {
  readonly median: number;
  readonly p90: number;
  readonly hard: number;
}

const FILE_LINES: Budget = { median: 120, p90: 300, hard: 400 };
const FUNCTION_LINES: Budget = { median: 12, p90: 40, hard: 70 };

/** Below this a median says nothing about a code base. */
const SHAPE_SIZE_MIN = 20;

const TEST_BLOCK = /^(?:describe|it|test|suite)$/;

export function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function functionLines(source: Source, node: ts.Node): number {
  const { ast } = source;
  const start = ast.getLineAndCharacterOfPosition(node.getStart(ast)).line;
  return ast.getLineAndCharacterOfPosition(node.end).line - start + 1;
}

/** The callback of `describe`, `it.each(…)(…)` and their like: as long as the cases in it. */
function isTestBlock(node: ts.Node): boolean {
  if (!ts.isCallExpression(node.parent)) return false;
  let callee: ts.Expression = node.parent.expression;
  while (!ts.isIdentifier(callee)) {
    if (!ts.isPropertyAccessExpression(callee) && !ts.isCallExpression(callee)) return false;
    callee = callee.expression;
  }
  return TEST_BLOCK.test(callee.text);
}

function isBudgeted(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && !isTestBlock(node);
}

function functionsOf(source: Source): ts.Node[] {
  return [...nodesOf(source.ast)].filter(isBudgeted);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function shapeProblems(what: string, sizes: readonly number[], budget: Budget): Violation[] {
  if (sizes.length < SHAPE_SIZE_MIN) return [];
  const sorted = sizes.toSorted((left, right) => left - right);
  const measures = [
    { name: 'median', size: quantile(sorted, 0.5), max: budget.median },
    { name: '90th percentile', size: quantile(sorted, 0.9), max: budget.p90 },
  ];
  return measures
    .filter(({ size, max }) => size > max)
    .map(({ name, size, max }) => ({
      file: 'src',
      line: 1,
      message: `the ${name} of ${what} is ${size} lines, the aim is ${max}; split the longest ones`,
    }));
}

function checkFiles(tree: SourceTree): Violation[] {
  return tree.sources
    .filter(({ text }) => linesOf(text) > FILE_LINES.hard)
    .map(({ path, text }) => ({
      file: path,
      line: FILE_LINES.hard + 1,
      message: `${linesOf(text)} lines, the limit is ${FILE_LINES.hard}; move one of its subjects to a file of its own`,
    }));
}

function checkFunctions(source: Source): Violation[] {
  return functionsOf(source)
    .filter((node) => functionLines(source, node) > FUNCTION_LINES.hard)
    .map((node) => {
      const lines = functionLines(source, node);
      const message = `a function of ${lines} lines, the limit is ${FUNCTION_LINES.hard}; give its steps names of their own`;
      return violationAt(source, node, message);
    });
}

/** The hard limits. Callbacks of `describe` and `it` are exempt: the file's limit holds them. */
export function checkBudgets(tree: SourceTree): Violation[] {
  return [...checkFiles(tree), ...tree.sources.flatMap(checkFunctions)];
}

/** The medians and 90th percentiles, over what is not a test. */
export function checkShape(tree: SourceTree): Violation[] {
  const sources = tree.sources.filter(({ path }) => !isTest(path));
  const files = sources.map(({ text }) => linesOf(text));
  const functions = sources.flatMap((source) =>
    functionsOf(source).map((node) => functionLines(source, node)),
  );
  return [
    ...shapeProblems('files', files, FILE_LINES),
    ...shapeProblems('functions', functions, FUNCTION_LINES),
  ];
}
