/** The lists of tasks in a flow and in each of its blocks, with what one task may know of another there. */
import { stageProperties, type TaskType } from '../model/catalog.ts';
import { childOf, type LocatedMap, mapsIn } from './parse/located-node.ts';

/** `tasks` is what the block is for, in whichever property; `errors` and `finally` may follow it. */
export type Stage = 'tasks' | 'errors' | 'finally';

export interface ChildList {
  /** As a path, such as `then` or `cases.paid`. */
  readonly property: string;
  readonly stage: Stage;
  readonly order: 'sequential' | 'concurrent';
  /** True when its tasks run once for each item of a loop. */
  readonly iterates: boolean;
  readonly tasks: readonly LocatedMap[];
}

/** The lists of a flow that have tasks, in the order they run. */
export function listsOfFlow(root: LocatedMap): readonly ChildList[] {
  return [listAt(root, 'tasks', 'tasks'), ...stagesOf(root)].filter(hasTasks);
}

/** The same of a block; none when the type is no block. */
export function listsOfTask(node: LocatedMap, type: TaskType | undefined): readonly ChildList[] {
  if (type === undefined || type.children.length === 0) return [];
  const own = type.children.flatMap(({ property, shape, order }) =>
    listsAt(node, property, shape).map((list) => ({
      ...list,
      order,
      iterates: type.iterates === true,
    })),
  );
  return [...own, ...stagesOf(node)].filter(hasTasks);
}

function listsAt(node: LocatedMap, property: string, shape: 'list' | 'map'): readonly ChildList[] {
  if (shape === 'list') return [listAt(node, property, 'tasks')];
  const map = childOf(node, property);
  if (map?.kind !== 'map') return [];
  return [...map.entries.keys()].map((key) => ({
    ...listAt(map, key, 'tasks'),
    property: `${property}.${key}`,
  }));
}

function stagesOf(node: LocatedMap): readonly ChildList[] {
  return stageProperties.map((stage) => listAt(node, stage, stage));
}

function listAt(node: LocatedMap, property: string, stage: Stage): ChildList {
  const tasks = mapsIn(node, property);
  return { property, stage, order: 'sequential', iterates: false, tasks };
}

function hasTasks({ tasks }: ChildList): boolean {
  return tasks.length > 0;
}
