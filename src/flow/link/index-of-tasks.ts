/** Every task of a flow in the order of the file, before anything is linked. */
import type { Catalog, TaskType } from '../../model/catalog.ts';
import { type ChildList, listsOfFlow, listsOfTask } from '../child-lists.ts';
import type { LocatedMap } from '../parse/located-node.ts';
import { textOf } from './declarations.ts';

export interface TaskEntry {
  readonly id: string;
  /** Undefined when the catalog has no such type: its properties are then left alone. */
  readonly type: TaskType | undefined;
  readonly node: LocatedMap;
  /** The lists around it, outermost first; the last is the one that it stands in. */
  readonly path: readonly Step[];
  readonly children: readonly EntryList[];
}

/** One level of a task's place in the tree: a list, and where in it the task or the block around it stands. */
export interface Step {
  readonly list: ListOfTasks;
  readonly index: number;
}

/** A list of tasks; the same object for all tasks of the list. */
export interface ListOfTasks extends ChildList {
  /** The block that it belongs to; undefined for the lists of the flow. */
  readonly block?: {
    readonly id: string;
    readonly type: string;
    /** A failure of the block lets the flow go on. */
    readonly allowFailure: boolean;
  };
}

export interface EntryList {
  readonly list: ListOfTasks;
  readonly entries: readonly TaskEntry[];
}

/** The lists of a flow, with all tasks inside. */
export function indexTasks(root: LocatedMap, catalog: Catalog): readonly EntryList[] {
  return listsOfFlow(root).map((list) => indexList(list, [], catalog));
}

function indexList(list: ListOfTasks, around: readonly Step[], catalog: Catalog): EntryList {
  const entries = list.tasks.map((node, index) =>
    indexTask(node, [...around, { list, index }], catalog),
  );
  return { list, entries };
}

function indexTask(node: LocatedMap, path: readonly Step[], catalog: Catalog): TaskEntry {
  const id = textOf(node.value['id']);
  const type = catalog.tasks.get(textOf(node.value['type']));
  const block = {
    id,
    type: type?.type ?? '',
    allowFailure: node.value['allowFailure'] === true,
  };
  const children = listsOfTask(node, type).map((list) =>
    indexList({ ...list, block }, path, catalog),
  );
  return { id, type, node, path, children };
}

/** The entries and all inside of them, in the order of the file. */
export function flattened(lists: readonly EntryList[]): readonly TaskEntry[] {
  return lists.flatMap(({ entries }) =>
    entries.flatMap((entry) => [entry, ...flattened(entry.children)]),
  );
}
