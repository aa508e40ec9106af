/** Tasks, with all that is inside of them. */
import type { InputDeclaration } from '../../model/inputs.ts';
import type { OutputDeclaration, TaskDefinition } from '../definition.ts';
import type { Findings } from '../findings.ts';
import { type LocatedMap, mapsIn } from '../parse/located-node.ts';
import { outputProperties, taskProperties } from '../schema/shape.ts';
import { checkBranches } from './branches.ts';
import { descriptionOf, textOf } from './declarations.ts';
import type { EntryList, TaskEntry } from './index-of-tasks.ts';
import { type Place, placeInIteration, placeInTask } from './place.ts';
import { isImpure, type PropertyCompiler } from './properties.ts';
import { retryOf } from './retry.ts';

/** Executor-run types that become a task of a worker when a property needs one. */
const movesToWorker: ReadonlySet<string> = new Set(['log']);

export class TaskLinker {
  readonly byId = new Map<string, TaskDefinition>();
  readonly #inputs: readonly InputDeclaration[];
  readonly #properties: PropertyCompiler;
  readonly #findings: Findings;

  constructor(
    inputs: readonly InputDeclaration[],
    properties: PropertyCompiler,
    findings: Findings,
  ) {
    this.#inputs = inputs;
    this.#properties = properties;
    this.#findings = findings;
  }

  /** The lists of one block, or of the flow, by property. */
  lists(lists: readonly EntryList[]): Readonly<Record<string, readonly TaskDefinition[]>> {
    const tasks: Record<string, readonly TaskDefinition[]> = {};
    for (const { list, entries } of lists) {
      tasks[list.property] = entries.map((entry) => this.#task(entry));
    }
    return tasks;
  }

  #task(entry: TaskEntry): TaskDefinition {
    const { id, node, type, path } = entry;
    const place = (property: string): Place => placeInTask(property, id, path);
    const worker = type?.where === 'worker' || movesToWorker.has(type?.type ?? '');
    const properties = this.#properties.all(node, type?.properties ?? {}, (property) => ({
      ...place(property),
      impurity: worker ? 'allowed' : 'refused',
    }));
    const retry = retryOf(node, this.#findings);
    this.#properties.keysOfLists(node, type?.children ?? [], place);
    if (type?.type === 'switch') checkBranches(node, this.#inputs, this.#findings);
    const definition: TaskDefinition = {
      id,
      type: textOf(node.value['type']),
      where: type?.where ?? 'executor',
      ...descriptionOf(node),
      disabled: node.value['disabled'] === true,
      ...this.#properties.templates(node, place),
      ...(retry === undefined ? {} : { retry }),
      ...this.#properties.timeout(node, taskProperties.timeout, place('timeout')),
      allowFailure: node.value['allowFailure'] === true,
      allowWarning: node.value['allowWarning'] === true,
      workerGroup: textOf(node.value['workerGroup']) || 'default',
      properties,
      impure: Object.values(properties).some(isImpure),
      children: this.lists(entry.children),
      ...this.#outputs(entry),
      blocks: path.flatMap(({ list }) => list.block?.id ?? []),
    };
    this.byId.set(id, definition);
    return definition;
  }

  #outputs({ id, node, type, path }: TaskEntry): Pick<TaskDefinition, 'outputs'> {
    const declared = mapsIn(node, 'outputs');
    if (type?.iterates !== true || declared.length === 0) return {};
    const outputs = declared.map((output) =>
      outputOf(output, this.#properties, (name) => placeInIteration(name, id, path)),
    );
    return { outputs };
  }
}

/** One entry of `outputs`, of a flow or a loop. */
export function outputOf(
  node: LocatedMap,
  properties: PropertyCompiler,
  place: (id: string) => Place,
): OutputDeclaration {
  const id = textOf(node.value['id']);
  return {
    id,
    type: textOf(node.value['type']) || 'json',
    ...descriptionOf(node),
    value: properties.one(node, 'value', outputProperties['value'], place(id)),
  };
}
