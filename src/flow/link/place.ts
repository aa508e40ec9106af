/** Where in a flow an expression can stand, and what it may see there (docs/flow-language.md, "Context"). */
import type { ContextRoot } from '../../expression/index.ts';
import type { Step } from './index-of-tasks.ts';

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
  /** How many loops are around it: how far `item.parent` reaches. */
  readonly loops: number;
  /** The trigger that it belongs to. */
  readonly trigger?: string;
  /** Variables that have been made by then, when they are still being made. */
  readonly variables?: ReadonlySet<string>;
}

export type TasksSeen =
  /** Nothing has run. */
  | { readonly kind: 'nothing' }
  /** The flow's tasks have ended. */
  | { readonly kind: 'end-of-flow' }
  /** The task at this path is about to begin. */
  | { readonly kind: 'begin'; readonly path: readonly Step[] }
  /** The tasks of one iteration of the loop at this path have ended. */
  | { readonly kind: 'end-of-iteration'; readonly path: readonly Step[] };

const atStart: readonly ContextRoot[] = ['flow', 'execution', 'inputs', 'trigger', 'globals'];
const running: readonly ContextRoot[] = [...atStart, 'vars', 'outputs', 'tasks', 'labels'];

/** Roots by what the expression belongs to. */
const rootsOf = {
  start: [...atStart, 'vars', 'labels'],
  task: [...running, 'task', 'taskrun'],
  flowOutput: running,
  trigger: ['flow', 'globals'],
  triggerMapping: ['trigger', 'flow', 'globals'],
} as const satisfies Readonly<Record<string, readonly ContextRoot[]>>;

/** The flow's variables, labels and timeout: made before anything runs. */
export function placeAtStart(name: string, variables: ReadonlySet<string>): Place {
  return { ...outside(name, rootsOf.start), variables };
}

export function placeInTask(property: string, id: string, path: readonly Step[]): Place {
  return {
    name: `\`${property}\` of task \`${id}\``,
    ...rootsInTree(rootsOf.task, path),
    impurity: 'refused',
    sees: { kind: 'begin', path },
  };
}

/** `outputs` of a loop, evaluated at the end of each iteration. */
export function placeInIteration(output: string, loop: string, path: readonly Step[]): Place {
  const { roots, loops } = rootsInTree(rootsOf.task, path);
  return {
    name: `output \`${output}\` of task \`${loop}\``,
    roots: new Set([...roots, 'item', 'parents']),
    loops: loops + 1,
    impurity: 'refused',
    sees: { kind: 'end-of-iteration', path },
  };
}

export function placeInFlowOutput(id: string): Place {
  return { ...outside(`output \`${id}\``, rootsOf.flowOutput), sees: { kind: 'end-of-flow' } };
}

/** Properties that the trigger itself needs, before there is anything to start from. */
export function placeInTrigger(property: string, id: string): Place {
  const place = outside(`\`${property}\` of trigger \`${id}\``, rootsOf.trigger);
  return { ...place, impurity: 'allowed' };
}

/** What a trigger hands to the execution. */
export function placeInTriggerMapping(property: string, id: string): Place {
  const place = outside(`\`${property}\` of trigger \`${id}\``, rootsOf.triggerMapping);
  return { ...place, trigger: id };
}

/** Of what is static: nothing can be named. */
export function staticPlace(name: string): Place {
  return outside(name, []);
}

function outside(name: string, roots: readonly ContextRoot[]): Place {
  const sees = { kind: 'nothing' } as const;
  return { name, roots: new Set(roots), impurity: 'refused', sees, loops: 0 };
}

/** What the blocks around a task add: `item` of a loop, `error` of `errors` and `finally`. */
function rootsInTree(
  roots: readonly ContextRoot[],
  path: readonly Step[],
): Pick<Place, 'roots' | 'loops'> {
  const loops = path.filter(({ list }) => list.iterates).length;
  const afterFailure = path.some(({ list }) => list.stage !== 'tasks');
  return {
    roots: new Set([
      ...roots,
      ...(loops > 0 ? (['item', 'parents'] as const) : []),
      ...(afterFailure ? (['error'] as const) : []),
    ]),
    loops,
  };
}

/** Why a root has no value in a place, for those that people look for. */
export function whyUnavailable(root: ContextRoot, roots: ReadonlySet<ContextRoot>): string {
  switch (root) {
    case 'item':
    case 'parents':
      return 'It belongs to the `tasks` of a `foreach`, and to its `outputs`.';
    case 'error':
      return 'It belongs to the tasks of `errors` and `finally`.';
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
