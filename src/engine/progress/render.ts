/** Evaluates what a flow wrote, as far as the executor may; what a worker must evaluate is left to it. */
import {
  type CompiledValue,
  evaluate,
  evaluateDeferring,
  ExpressionError,
  propertyPath,
  type Scope,
  type Template,
  toBoolean,
} from '../../expression/index.ts';
import { taskRunId } from '../../model/ids.ts';
import type { DeferredExpression } from '../../model/records.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import type { TaskProblem } from '../tasks/executor-task.ts';
import { type ContextSource, rootsForTemplate, rootsForValue, runOfTask } from './context.ts';
import type { ExecutionStep, RunPlace } from './execution-step.ts';

export interface Rendered {
  readonly values: JsonObject;
  /** Empty when everything could be evaluated; else `null` stands in the place of each. */
  readonly deferred: readonly DeferredExpression[];
}

/** The context of an execution that is under way; with a run, that of its task. */
export function contextOf(step: ExecutionStep, run?: RunPlace): ContextSource {
  const { view, flow } = step;
  const { origin, variables, labels, root } = view.head;
  // What follows the tasks sees the state as it will be.
  const state = root.result?.state ?? view.head.state;
  const source = { origin, state, variables, labels, view, flow, nowMs: step.timeMs };
  return run === undefined ? source : { ...source, run };
}

/** Each value under its name, which is also how errors call it. */
export function render(
  values: Iterable<readonly [name: string, value: CompiledValue]>,
  source: ContextSource,
): Rendered {
  const rendered: Record<string, Json> = {};
  const deferred: DeferredExpression[] = [];
  for (const [name, value] of values) {
    const result = renderValue(value, name, source);
    rendered[name] = result.value;
    if (result.deferred.length > 0) deferred.push(...result.deferred);
  }
  return { values: rendered, deferred };
}

/** The value of a condition, or the wish that a worker evaluates it. */
export function renderCondition(
  template: Template,
  name: string,
  source: ContextSource,
): boolean | { readonly deferred: DeferredExpression } {
  const { analysis } = template;
  if (analysis.needsWorker || analysis.impure.size > 0) return deferredCondition();
  try {
    const roots = rootsForTemplate(template, source);
    return toBoolean(evaluate(template, scopeOf(name, roots, source)), name);
  } catch (error) {
    if (error instanceof ExpressionError && error.code === 'touches-reference') {
      return deferredCondition();
    }
    throw explained(error, [{ path: [], template }], name, source);
  }

  function deferredCondition(): { readonly deferred: DeferredExpression } {
    const context = rootsForTemplate(template, source);
    return { deferred: { path: [name], template: template.source, context } };
  }
}

/** The text of a scalar, such as an idempotency key. */
export function renderText(template: Template, name: string, source: ContextSource): string {
  const roots = rootsForTemplate(template, source);
  let value: unknown;
  try {
    value = evaluate(template, scopeOf(name, roots, source));
  } catch (error) {
    throw explained(error, [{ path: [], template }], name, source);
  }
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const place = { start: 0, end: template.source.length, path: name };
  throw new ExpressionError('wrong-type', 'must be a text that is not empty', place);
}

/** An error of an expression as the problem of its task; anything else is a fault of ours. */
export function problemOf(error: unknown): TaskProblem {
  if (!(error instanceof ExpressionError) || error.code === 'internal') throw error;
  const { path, message, code } = error;
  return {
    ok: false,
    code: 'expression-failed',
    message: `${path}: ${message}`,
    details: { property: path, reason: code },
  };
}

function renderValue(
  value: CompiledValue,
  name: string,
  source: ContextSource,
): { readonly value: Json; readonly deferred: readonly DeferredExpression[] } {
  if (value.node.kind === 'constant') {
    return { value: value.node.value as Json, deferred: [] }; // YAML's data.
  }
  const scope = scopeOf(name, rootsForValue(value, source), source);
  try {
    const { value: result, deferred } = evaluateDeferring(value, scope);
    return {
      value: result as Json, // Expressions make plain data of plain data.
      deferred: deferred.map(({ path, template }) => ({
        path: [name, ...path],
        template: template.source,
        context: rootsForTemplate(template, source),
      })),
    };
  } catch (error) {
    throw explained(error, value.leaves, name, source);
  }
}

function scopeOf(property: string, roots: JsonObject, source: ContextSource): Scope {
  const { origin, run, nowMs } = source;
  const ordinal = source.seed ?? run?.ordinal;
  const seed = ordinal === undefined ? origin.execution : taskRunId(origin.execution, ordinal);
  return { roots, now: nowMs, seed, property };
}

/**
 * `outputs` has no key for a task that has not ended; the error for a missing key would not say so. Look-ups
 * that end at a task are in the analysis of the template, with their place.
 */
function explained(
  error: unknown,
  leaves: readonly Pick<CompiledValue['leaves'][number], 'path' | 'template'>[],
  name: string,
  source: ContextSource,
): unknown {
  if (!(error instanceof ExpressionError) || error.code !== 'missing-key') return error;
  const leaf = leaves.find(({ path }) => propertyPath(name, path) === error.path);
  const lookup = leaf?.template.analysis.lookups.find(
    ({ path, start, end }) =>
      (path[0] === 'outputs' || path[0] === 'tasks') &&
      path[1] !== undefined &&
      start <= error.start &&
      error.end <= end,
  );
  const [root, task] = lookup?.path ?? [];
  if (task === undefined || hasValue(root, task, source)) return error;
  const begun = runOfTask(task, source) !== undefined;
  const message = `\`${root}.${task}\`: task ${task} has not ${begun ? 'ended' : 'run'} yet`;
  return new ExpressionError('missing-key', message, error, { cause: error });
}

function hasValue(root: string | undefined, task: string, source: ContextSource): boolean {
  const run = runOfTask(task, source);
  return root === 'outputs' ? run?.phase === 'ended' : run !== undefined;
}
