/** The expression language: read a template once, look at what it needs, evaluate it often. */
import type { Analysis } from './analyse.ts';
import type { Template } from './template.ts';

export type { Analysis, Lookup } from './analyse.ts';
export {
  type CompiledLeaf,
  type CompiledValue,
  type CompileOptions,
  compileValue,
  type DeferredLeaf,
  evaluateDeferring,
  evaluateTree,
  type LocatedProblem,
  propertyPath,
  type ValuePath,
} from './compiled-value.ts';
export { type ContextRoot, contextRoots, isContextRoot } from './context-roots.ts';
export { evaluate, evaluateCondition, toBoolean } from './evaluate.ts';
export { expressionLimits } from './limits.ts';
export {
  ExpressionError,
  type ExpressionErrorCode,
  type Span,
  type TemplateFix,
  type TemplateProblem,
  type TemplateProblemCode,
} from './problem.ts';
export type { Budget, ImpureFunctions, Scope } from './scope.ts';
export { findCutExpression } from './syntax/cut.ts';
export { parseTemplate, type Template } from './template.ts';

/** What a template looks up and calls. Of an invalid one it is what could be read. */
export function analyse(template: Template): Analysis {
  return template.analysis;
}
