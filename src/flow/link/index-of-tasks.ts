/** Every task of a flow in the order of the file, before anything is linked. */
import type { Catalog, TaskType } from '../../model/catalog.ts';
import { type LocatedMap, mapsIn } from '../parse/located-node.ts';
import { textOf } from './declarations.ts';

export interface TaskEntry {
  readonly id: string;
  /** Undefined when the catalog has no such type: its properties are then left alone. */
  readonly type: TaskType | undefined;
  readonly node: LocatedMap;
  /** Position in the order of the file, blocks before what is in them. */
  readonly ordinal: number;
  /** Ordinal of the last task inside; its own when there is none. */
  readonly last: number;
  /** Ids of the blocks around it, outermost first. */
  readonly blocks: readonly string[];
  readonly children: Readonly<Record<string, readonly TaskEntry[]>>;
}

/** The tasks of a list, with those inside of them. */
export function indexTasks(root: LocatedMap, catalog: Catalog): readonly TaskEntry[] {
  let next = 0;

  function list(node: LocatedMap, property: string, blocks: readonly string[]): TaskEntry[] {
    return mapsIn(node, property).map((item) => entry(item, blocks));
  }

  function entry(node: LocatedMap, blocks: readonly string[]): TaskEntry {
    const ordinal = next++;
    const id = textOf(node.value['id']);
    const type = catalog.tasks.get(textOf(node.value['type']));
    const children: Record<string, readonly TaskEntry[]> = {};
    for (const property of type?.children ?? []) {
      children[property] = list(node, property, [...blocks, id]);
    }
    return { id, type, node, ordinal, last: next - 1, blocks, children };
  }

  return list(root, 'tasks', []);
}

/** The entries and all inside of them, in the order of the file. */
export function flattened(entries: readonly TaskEntry[]): readonly TaskEntry[] {
  return entries.flatMap((entry) => [
    entry,
    ...Object.values(entry.children).flatMap((children) => flattened(children)),
  ]);
}
