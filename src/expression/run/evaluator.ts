import type { Runtime } from './runtime.ts';

/**
 * A part of a template, ready to run: a closure over the closures of its parts. The tree is walked once, when
 * the template is read; evaluating it is only calls. Undefined means that there is no such value, which only
 * lenient evaluators answer; the others fail instead.
 */
export type Evaluator = (run: Runtime) => unknown;
