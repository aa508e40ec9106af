import type { TaskType } from '../../model/catalog.ts';

/**
 * Evaluates expressions on a worker, on behalf of a task that runs in the executor: such as look into a value
 * that is kept as a reference, or call `env`. Its outputs are its properties, with the deferred ones in place.
 */
export const expressionEvaluate: TaskType = {
  type: 'expression.evaluate',
  title: 'Evaluate expressions',
  description: 'Evaluates expressions that the executor cannot.',
  where: 'worker',
  properties: {},
  required: [],
  children: [],
  internal: true,
};
