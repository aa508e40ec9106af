/** What reading one template collects: names, problems, the number of nodes, the calls of `render`. */
import { expressionLimits } from '../limits.ts';
import type { Span, TemplateProblem, TemplateProblemCode } from '../problem.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { Names } from './names.ts';
import { TemplateSyntaxError } from './syntax-error.ts';
import type { Expression, Statement } from './tree.ts';

/** What is reported of one scalar at most. */
const PROBLEMS_MAX = 20;

export class Lowering {
  readonly vocabulary: Vocabulary;
  readonly names = new Names();
  readonly problems: TemplateProblem[] = [];
  /** Where the value of each slot comes from. */
  readonly sources = new Map<number, (Expression | readonly Statement[])[]>();
  /** What `render()` is called with. */
  readonly rendered: Expression[] = [];
  nodeCount = 0;
  private depth = 0;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  report(code: TemplateProblemCode, message: string, span: Span, hint?: string): void {
    if (this.full) return;
    const { start, end } = span;
    const problem = { code, severity: 'error' as const, message, start, end };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }

  /** True when enough has been said about one scalar. */
  get full(): boolean {
    return this.problems.length >= PROBLEMS_MAX;
  }

  addSource(slot: number, source: Expression | readonly Statement[]): void {
    this.sources.set(slot, [...(this.sources.get(slot) ?? []), source]);
  }

  /** Counts a node and holds the tree's depth, so that neither we nor the evaluation overflow the stack. */
  inNode<Result>(start: number, work: () => Result): Result {
    this.nodeCount += 1;
    this.depth += 1;
    if (this.depth > expressionLimits.treeDepth.value) {
      throw new TemplateSyntaxError(
        `the expression is deeper than ${expressionLimits.treeDepth.value} levels`,
        { start, end: start + 1 },
      );
    }
    const result = work();
    this.depth -= 1;
    return result;
  }
}
