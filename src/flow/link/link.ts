/** From the checked tree to the flow that runs: names resolved, every expression compiled once. */
import type { Catalog, TriggerType } from '../../model/catalog.ts';
import { flowKey } from '../../model/ids.ts';
import type { InputDeclaration } from '../../model/inputs.ts';
import {
  type CheckedFlow,
  type OnTriggerError,
  onTriggerErrors,
  type TriggerDefinition,
} from '../definition.ts';
import type { Findings } from '../findings.ts';
import { childOf, type LocatedMap, mapsIn } from '../parse/located-node.ts';
import { flowProperties, triggerProperties } from '../schema/shape.ts';
import { declarationOf, descriptionOf, textOf } from './declarations.ts';
import { Expressions } from './expressions.ts';
import { checkIds } from './ids.ts';
import { type EntryList, indexTasks } from './index-of-tasks.ts';
import { namesOf } from './names.ts';
import {
  type Place,
  placeAtStart,
  placeInFlowOutput,
  placeInTrigger,
  placeInTriggerMapping,
  staticPlace,
} from './place.ts';
import { PropertyCompiler } from './properties.ts';
import { outputOf, TaskLinker } from './tasks.ts';
import { checkTriggerInputs } from './trigger-inputs.ts';

/** Reports what does not fit together; the flow is only good when nothing is an error. */
export function link(root: LocatedMap, catalog: Catalog, findings: Findings): CheckedFlow {
  return new Linker(root, catalog, findings).flow();
}

class Linker {
  readonly #root: LocatedMap;
  readonly #catalog: Catalog;
  readonly #findings: Findings;
  readonly #lists: readonly EntryList[];
  readonly #inputs: readonly InputDeclaration[];
  readonly #expressions: Expressions;
  readonly #properties: PropertyCompiler;
  readonly #tasks: TaskLinker;

  constructor(root: LocatedMap, catalog: Catalog, findings: Findings) {
    this.#root = root;
    this.#catalog = catalog;
    this.#findings = findings;
    this.#lists = indexTasks(root, catalog);
    this.#inputs = mapsIn(root, 'inputs').map(declarationOf);
    this.#expressions = new Expressions(namesOf(root, this.#lists, catalog), findings);
    this.#properties = new PropertyCompiler(this.#expressions, findings);
    this.#tasks = new TaskLinker(this.#inputs, this.#properties, findings);
  }

  flow(): CheckedFlow {
    const { value } = this.#root;
    checkIds(this.#root, this.#lists, this.#findings);
    this.#refuseInDefaults();
    const [namespace, id] = [textOf(value['namespace']), textOf(value['id'])];
    const { tasks = [], errors = [], finally: last = [] } = this.#tasks.lists(this.#lists);
    return {
      key: flowKey(namespace, id),
      namespace,
      id,
      source: this.#findings.source.text,
      ...descriptionOf(this.#root),
      disabled: value['disabled'] === true,
      labels: this.#atStart('labels'),
      inputs: this.#inputs,
      variables: this.#variables(),
      tasks,
      errors,
      finally: last,
      ...(value['timeout'] === undefined ? {} : { timeout: this.#atStart('timeout') }),
      outputs: mapsIn(this.#root, 'outputs').map((node) =>
        outputOf(node, this.#properties, placeInFlowOutput),
      ),
      triggers: mapsIn(this.#root, 'triggers').map((node) => this.#trigger(node)),
      taskById: this.#tasks.byId,
    };
  }

  /** A property that is evaluated when an execution starts, after the variables. */
  #atStart(property: string): CheckedFlow['labels'] {
    const variables = childOf(this.#root, 'variables');
    const names = new Set(variables?.kind === 'map' ? variables.entries.keys() : []);
    const place = placeAtStart(`\`${property}\``, names);
    return this.#properties.one(this.#root, property, flowProperties[property], place);
  }

  #refuseInDefaults(): void {
    for (const node of mapsIn(this.#root, 'inputs')) {
      const defaults = childOf(node, 'defaults');
      const place = staticPlace(`\`defaults\` of input \`${textOf(node.value['id'])}\``);
      if (defaults !== undefined) this.#expressions.refuse(defaults, place);
    }
  }

  #variables(): CheckedFlow['variables'] {
    const node = childOf(this.#root, 'variables');
    if (node?.kind !== 'map') return [];
    const before = new Set<string>();
    return [...node.entries].map(([id, { node: value }]) => {
      const place = placeAtStart(`variable \`${id}\``, new Set(before));
      before.add(id);
      return { id, value: this.#expressions.value(value, place, false) };
    });
  }

  #trigger(node: LocatedMap): TriggerDefinition {
    const id = textOf(node.value['id']);
    const type: TriggerType | undefined = this.#catalog.triggers.get(textOf(node.value['type']));
    const mapping = (property: string): Place => placeInTriggerMapping(property, id);
    checkTriggerInputs(node, this.#inputs, this.#findings);
    const { inputs, labels } = triggerProperties;
    return {
      id,
      type: textOf(node.value['type']),
      ...descriptionOf(node),
      disabled: node.value['disabled'] === true,
      ...this.#properties.templates(node, mapping),
      inputs: this.#properties.one(node, 'inputs', inputs, mapping('inputs'), false),
      labels: this.#properties.one(node, 'labels', labels, mapping('labels')),
      onError: onErrorOf(node),
      properties: this.#properties.all(node, type?.properties ?? {}, (property) =>
        placeInTrigger(property, id),
      ),
    };
  }
}

function onErrorOf({ value }: LocatedMap): OnTriggerError {
  return onTriggerErrors.find((mode) => mode === value['onError']) ?? 'dlq';
}
