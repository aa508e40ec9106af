import { ExpressionError } from './problem.ts';
import { type RenderText, Runtime } from './run/runtime.ts';
import type { Scope } from './scope.ts';
import { comesFromTrigger } from './taint.ts';
import { expressionLimits } from './limits.ts';
import {
  type ExpressionTemplate,
  type MixedTemplate,
  parseTemplate,
  type Template,
} from './template.ts';
import { asBoolean, notABoolean } from './values/boolean.ts';
import { checkBytes, checkSize } from './values/text.ts';

/**
 * The value of a template in a scope: plain data. A value of the scope is handed on as it is, not copied.
 * Throws {@link ExpressionError} and nothing else.
 */
export function evaluate(template: Template, scope: Scope): unknown {
  if (template.kind === 'text') return template.value;
  if (template.kind === 'invalid') throw invalid(template, scope);
  const run = new Runtime(scope, template.cost, renderText);
  try {
    run.charge(0);
    return runTemplate(template, run);
  } catch (error) {
    throw asExpressionError(error, run);
  }
}

/** The boolean of a condition: true, false, or these two as text; else `not-a-boolean`. */
export function toBoolean(value: unknown, property = ''): boolean {
  const boolean = asBoolean(value);
  if (boolean !== undefined) return boolean;
  const place = { start: 0, end: 0, path: property };
  throw new ExpressionError('not-a-boolean', notABoolean(value), place);
}

/** The value of a condition (`when`): see {@link toBoolean}. */
export function evaluateCondition(template: Template, scope: Scope): boolean {
  const value = evaluate(template, scope);
  if (typeof value === 'boolean') return value;
  const settled = new Runtime(scope, 0, renderText).settle(value);
  const boolean = asBoolean(settled);
  if (boolean !== undefined) return boolean;
  const place = { start: 0, end: template.source.length, path: scope.property };
  throw new ExpressionError('not-a-boolean', notABoolean(settled), place);
}

function runTemplate(template: ExpressionTemplate | MixedTemplate, run: Runtime): unknown {
  const value = template.evaluate(run);
  if (template.kind === 'expression' && template.makes) {
    run.site = template.node;
    if (typeof value === 'string') checkBytes(value, run);
    else if (typeof value === 'object' && value !== null) checkSize(value, run);
  }
  return value;
}

function invalid(template: Template, scope: Scope): ExpressionError {
  const problem = template.problems.find(({ severity }) => severity === 'error');
  const place = { start: problem?.start ?? 0, end: problem?.end ?? 0, path: scope.property };
  return new ExpressionError('invalid-template', problem?.message ?? 'invalid', place);
}

/** Everything else that can be thrown is the stack's end, or a fault of ours. */
function asExpressionError(error: unknown, run: Runtime): ExpressionError {
  if (error instanceof ExpressionError) return error;
  const { start, end } = run.site;
  const place = { start, end, path: run.scope.property };
  if (error instanceof RangeError) {
    return new ExpressionError('too-deep', 'nested too deeply', place, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new ExpressionError('internal', message, place, { cause: error });
}

/** Reading a template takes its time; a character of it counts as one operation. */
const READ_OPERATIONS = 30;

/**
 * The second pass of `render()`. It shares the budget of the first; it has no secrets, variables or files, so
 * that what a template may reach can be seen in the flow; and it does not render again.
 */
const renderText: RenderText = (text, run) => {
  const most = expressionLimits.renderCharacters.value;
  if (text.length > most) {
    return run.fail('render-refused', `\`render\` takes at most ${most} characters`);
  }
  run.charge(READ_OPERATIONS + text.length);
  if (comesFromTrigger(text, run)) {
    return run.fail('render-refused', '`render` of trigger data: use it as a value');
  }
  const template = parseTemplate(text);
  if (template.kind === 'text') return template.value;
  const { impure, functions } = template.analysis;
  const refused = [...impure, ...(functions.has('render') ? ['render'] : [])];
  if (refused.length > 0) {
    const message = `\`${refused.join('`, `')}\` cannot be called in a rendered text`;
    return run.fail('render-refused', message);
  }
  if (template.kind === 'invalid') {
    const problem = template.problems.find(({ severity }) => severity === 'error');
    return run.fail('invalid-template', `in the rendered text: ${problem?.message ?? 'invalid'}`);
  }
  return renderTemplate(template, run);
};

function renderTemplate(template: ExpressionTemplate | MixedTemplate, run: Runtime): unknown {
  const { site } = run;
  const inner = new Runtime(pureScope(run.scope), 0, renderText);
  inner.operationsLeft = run.operationsLeft;
  inner.calls = run.calls;
  try {
    inner.charge(template.cost);
    return runTemplate(template, inner);
  } catch (error) {
    const { code, message } = asExpressionError(error, inner);
    return run.fail(code, `in the rendered text: ${message}`, site, error);
  } finally {
    run.operationsLeft = inner.operationsLeft;
    run.calls = inner.calls;
  }
}

/** References may still be looked into by a worker; nothing can be asked for by name. */
function pureScope(scope: Scope): Scope {
  const { impure, ...rest } = scope;
  if (impure?.read === undefined) return rest;
  const refuse = (): never => {
    throw new Error('not in a rendered text');
  };
  return { ...rest, impure: { ...impure, secret: refuse, env: refuse } };
}
