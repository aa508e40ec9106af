/** What the expressions of one flow can name, gathered before any of them is looked at. */
import type { Catalog } from '../../model/catalog.ts';
import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { childOf, type LocatedMap, mapsIn } from '../parse/located-node.ts';
import { textOf } from './declarations.ts';
import { type EntryList, flattened, type TaskEntry } from './index-of-tasks.ts';

export interface Names {
  readonly inputs: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
  /** True when a task sets variables whose names are only known when it runs. */
  readonly variablesOpen: boolean;
  readonly tasks: ReadonlyMap<string, TaskEntry>;
  /** The fields under `trigger`, by trigger, beside `id` and `type`. */
  readonly triggers: readonly TriggerFields[];
}

export interface TriggerFields {
  readonly id: string;
  readonly fields: ReadonlySet<string>;
}

/** Without a trigger a flow is started by the API, which has nothing to tell but itself. */
const byApi: readonly TriggerFields[] = [{ id: 'api', fields: new Set() }];

export function namesOf(root: LocatedMap, lists: readonly EntryList[], catalog: Catalog): Names {
  const all = flattened(lists);
  const set = all.filter(({ type }) => type?.type === 'set').map(({ node }) => literalMap(node));
  const variables = childOf(root, 'variables');
  return {
    inputs: new Set(mapsIn(root, 'inputs').map(({ value }) => textOf(value['id']))),
    variables: new Set([
      ...(variables?.kind === 'map' ? variables.entries.keys() : []),
      ...set.flatMap((values) => Object.keys(values ?? {})),
    ]),
    variablesOpen: set.includes(undefined),
    tasks: new Map(all.map((task) => [task.id, task])),
    triggers: triggersOf(root, catalog),
  };
}

/** `values` of a task as far as its keys are in the file; undefined when they are not. */
export function literalMap(task: LocatedMap): JsonObject | undefined {
  const values: Json | undefined = childOf(task, 'values')?.value;
  if (!isJsonObject(values)) return undefined;
  return Object.keys(values).some((key) => key.includes('<<')) ? undefined : values;
}

function triggersOf(root: LocatedMap, catalog: Catalog): readonly TriggerFields[] {
  const triggers = mapsIn(root, 'triggers');
  if (triggers.length === 0) return byApi;
  return triggers.flatMap(({ value }) => {
    const type = catalog.triggers.get(textOf(value['type']));
    // Nothing is known of an unknown type, and it is reported already.
    return type === undefined ? [] : [{ id: textOf(value['id']), fields: new Set(type.fields) }];
  });
}
