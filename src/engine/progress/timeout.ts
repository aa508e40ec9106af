import type { TaskDefinition } from '../../flow/definition.ts';
import { ExpressionError } from '../../expression/index.ts';
import { parseDuration } from '../../support/duration.ts';
import type { CompiledValue } from '../../expression/index.ts';
import type { ContextSource } from './context.ts';
import { render } from './render.ts';

const NAME = 'timeout';

/** A task's `timeout`, ms. */
export function timeoutOf(task: TaskDefinition, source: ContextSource): number | undefined {
  return task.timeout === undefined ? undefined : renderTimeout(task.timeout, source);
}

/**
 * @throws ExpressionError
 */
export function renderTimeout(timeout: CompiledValue, source: ContextSource): number {
  const { values, deferred } = render([[NAME, timeout]], source);
  const value = values[NAME];
  const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
  if (deferred.length === 0 && milliseconds !== undefined) return milliseconds;
  const place = { start: 0, end: 0, path: NAME };
  const message =
    deferred.length === 0
      ? 'must be a duration, such as `30s`, `5m`, `2h` or `PT1H30M`'
      : 'cannot look into a value over 256 KB: do it in a task, and use its output';
  throw new ExpressionError('wrong-type', message, place);
}
