/**
 * The names that an expression may start from. Which of them have a value depends on where the expression
 * stands: `item` inside `foreach`, `error` in `errors:`, `compensated` in `compensate:`.
 */
export const contextRoots = [
  'flow',
  'execution',
  'inputs',
  'vars',
  'outputs',
  'tasks',
  'trigger',
  'labels',
  'task',
  'taskrun',
  'item',
  'parents',
  'error',
  'globals',
  'compensated',
] as const;

export type ContextRoot = (typeof contextRoots)[number];

const names: ReadonlySet<string> = new Set(contextRoots);

export function isContextRoot(name: string): name is ContextRoot {
  return names.has(name);
}
