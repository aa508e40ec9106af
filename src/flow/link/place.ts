/** Where in a flow an expression can stand, and what it may see there (docs/flow-language.md, "Context"). */
import type { ContextRoot } from '../../expression/index.ts';

/** What an expression that calls `secret`, `env` or `read` means in a place. */
export type Impurity =
  /** A worker, or the trigger role, evaluates it. */
  | 'allowed'
  /** Its value would be stored in the log. */
  | 'refused';

export interface Place {
  /** For messages: `message` of task `x`. */
  readonly name: string;
  readonly roots: ReadonlySet<ContextRoot>;
  readonly impurity: Impurity;
  /** Which tasks have ended when it is evaluated. */
  readonly sees: TasksSeen;
  /** Variables that have been made by then, when they are still being made. */
  readonly variables?: ReadonlySet<string>;
}

export type TasksSeen =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** Those that ended before the one at this ordinal was opened. */
  | { readonly kind: 'before'; readonly ordinal: number };

const atStart: readonly ContextRoot[] = ['flow', 'execution', 'inputs', 'trigger', 'globals'];
const running: readonly ContextRoot[] = [...atStart, 'vars', 'outputs', 'tasks', 'labels'];

/** Roots by what the expression belongs to. */
export const rootsOf = {
  /** The flow's variables and labels: made before anything runs. */
  start: new Set([...atStart, 'vars', 'labels'] as const),
  task: new Set([...running, 'task', 'taskrun'] as const),
  flowOutput: new Set(running),
  /** Properties that the trigger itself needs, before there is anything to start from. */
  trigger: new Set(['flow', 'globals'] as const),
  /** What a trigger hands to the execution. */
  triggerMapping: new Set(['trigger', 'flow', 'globals'] as const),
} as const satisfies Readonly<Record<string, ReadonlySet<ContextRoot>>>;

/** Why a root has no value in a place, for those that people look for. */
export function whyUnavailable(root: ContextRoot, roots: ReadonlySet<ContextRoot>): string {
  switch (root) {
    case 'item':
    case 'parents':
    case 'error':
    case 'compensated':
      return 'It belongs to constructs that are not available in this version.';
    case 'inputs':
      return 'The trigger makes them; use `trigger`.';
    case 'trigger':
      return 'There is nothing to start from yet when this is evaluated.';
    case 'task':
    case 'taskrun':
      return 'It belongs to the properties of a task.';
    default:
      return `Available here: ${[...roots].join(', ')}.`;
  }
}
