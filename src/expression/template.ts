import { type Analysis, analyseExpressions, emptyAnalysis } from './analyse.ts';
import { expressionLimits } from './limits.ts';
import { nativeVocabulary } from './native.ts';
import type { TemplateProblem } from './problem.ts';
import { compile } from './run/compile-expression.ts';
import { compileText } from './run/compile-statements.ts';
import type { Evaluator } from './run/evaluator.ts';
import { findCutExpression } from './syntax/cut.ts';
import { type Delimiters, findOpener, nativeDelimiters } from './syntax/delimiters.ts';
import { TemplateLexer } from './syntax/lexer.ts';
import { lowerStatements } from './syntax/lower.ts';
import { Lowering } from './syntax/lowering.ts';
import { TemplateParser } from './syntax/parser.ts';
import { TemplateSyntaxError } from './syntax/syntax-error.ts';
import type { Expression, Statement } from './syntax/tree.ts';
import { childrenOf, expressionsOf } from './syntax/walk.ts';
import { checkRendered } from './taint.ts';
import type { Vocabulary } from './vocabulary.ts';
import { findWarnings } from './warnings.ts';

/** A scalar of a flow, read once and evaluated often. Immutable. */
export type Template = TextTemplate | ExpressionTemplate | MixedTemplate | InvalidTemplate;

interface Common {
  /** As written. */
  readonly source: string;
  /** Warnings; of an invalid template errors too. */
  readonly problems: readonly TemplateProblem[];
  readonly analysis: Analysis;
}

/** No expression: the value is the text, without the delimiters of `raw`. */
export interface TextTemplate extends Common {
  readonly kind: 'text';
  readonly value: string;
}

interface Runnable extends Common {
  readonly evaluate: Evaluator;
  /** Operations that an evaluation costs at least. */
  readonly cost: number;
}

/** Exactly one expression, white space around it ignored: the value keeps its type. */
export interface ExpressionTemplate extends Runnable {
  readonly kind: 'expression';
  readonly node: Expression;
  /** False when it can only hand on what the scope has, so that its size need not be looked at. */
  readonly makes: boolean;
}

/** Text and expressions, or statements: the value is text. */
export interface MixedTemplate extends Runnable {
  readonly kind: 'mixed';
  readonly nodes: readonly Statement[];
}

export interface InvalidTemplate extends Common {
  readonly kind: 'invalid';
}

export interface Dialect {
  readonly delimiters: Delimiters;
  readonly vocabulary: Vocabulary;
  /** Text that looks like an expression of another dialect, or nearly like one of this. */
  readonly findWarnings: (text: string) => readonly TemplateProblem[];
}

const native: Dialect = {
  delimiters: nativeDelimiters,
  vocabulary: nativeVocabulary,
  findWarnings,
};

/** Reads a scalar. Never throws: what is wrong is in `problems` of an invalid template. */
export function parseTemplate(source: string, dialect: Dialect = native): Template {
  const warnings = dialect.findWarnings(source);
  if (findOpener(source, 0, dialect.delimiters) === undefined) {
    return { kind: 'text', source, value: source, problems: warnings, analysis: emptyAnalysis };
  }
  try {
    return read(source, dialect, warnings);
  } catch (error) {
    const problems = [problemOf(error, source), ...warnings];
    return { kind: 'invalid', source, problems, analysis: emptyAnalysis };
  }
}

function read(source: string, dialect: Dialect, warnings: readonly TemplateProblem[]): Template {
  const most = expressionLimits.templateCharacters.value;
  if (source.length > most) {
    const span = { start: 0, end: source.length };
    throw new TemplateSyntaxError(`longer than ${most} characters`, span);
  }
  const cut = findCutExpression(source, dialect.delimiters);
  if (cut !== undefined) {
    const problems = [cutProblem(cut.start, source), ...warnings];
    return { kind: 'invalid', source, problems, analysis: emptyAnalysis };
  }
  const lowering = new Lowering(dialect.vocabulary);
  const root = new TemplateParser(new TemplateLexer(source, dialect.delimiters)).parseAsRoot();
  const nodes = lowerStatements(root, lowering);
  checkRendered(lowering);
  const analysis = analyseExpressions(expressionsOf(nodes));
  if (lowering.problems.length > 0) {
    return { kind: 'invalid', source, problems: [...lowering.problems, ...warnings], analysis };
  }
  return assemble(nodes, { source, problems: warnings, analysis }, lowering.nodeCount);
}

function assemble(nodes: readonly Statement[], common: Common, cost: number): Template {
  if (nodes.every((node) => node.kind === 'text')) {
    return { ...common, kind: 'text', value: nodes.map((node) => node.value).join('') };
  }
  const node = onlyExpression(nodes);
  if (node === undefined) {
    return { ...common, kind: 'mixed', nodes, cost, evaluate: compileText(nodes) };
  }
  return {
    ...common,
    kind: 'expression',
    node,
    cost,
    makes: makes(node),
    evaluate: compile(node),
  };
}

function onlyExpression(nodes: readonly Statement[]): Expression | undefined {
  const parts = nodes.filter((node) => node.kind !== 'text' || node.value.trim() !== '');
  const [part, ...more] = parts;
  return part?.kind === 'output' && more.length === 0 ? part.expression : undefined;
}

const MAKING_NODES: ReadonlySet<string> = new Set(['list', 'dictionary', 'filter', 'call']);

/** True when the expression makes text, lists or maps of its own. */
function makes(node: Expression): boolean {
  if (MAKING_NODES.has(node.kind)) return true;
  if (node.kind === 'binary' && (node.operator === '~' || node.operator === '+')) return true;
  return childrenOf(node).some((child) => child !== undefined && makes(child));
}

function problemOf(error: unknown, source: string): TemplateProblem {
  const base = { code: 'expression-syntax' as const, severity: 'error' as const };
  if (error instanceof TemplateSyntaxError) {
    const { message, hint, span } = error;
    const problem = { ...base, message, start: span.start, end: span.end };
    return hint === undefined ? problem : { ...problem, hint };
  }
  // The parser's own recursion, on a text that our limits let through.
  const deep = error instanceof RangeError;
  const message = deep ? 'nested too deeply' : `cannot be read: ${String(error)}`;
  return { ...base, message, start: 0, end: source.length };
}

function cutProblem(start: number, source: string): TemplateProblem {
  const opener = source.slice(start, start + 2);
  return {
    code: 'expression-cut-by-yaml',
    severity: 'error',
    message: `\`${opener}\` is not closed: YAML ends a value at \`: \` and \` #\`, and inside brackets at commas and brackets`,
    hint: `put the whole value in quotes; a literal \`${opener} \` is written \`<< '${opener}' >>\``,
    start,
    end: source.length,
  };
}
