/** From the checked tree to the flow that runs: names resolved, every expression compiled once. */
import type { Template } from '../../expression/index.ts';
import { type CompiledValue, compileValue } from '../../expression/index.ts';
import type { Catalog, PropertySchema, TriggerType } from '../../model/catalog.ts';
import { flowKey } from '../../model/ids.ts';
import type {
  CheckedFlow,
  OutputDeclaration,
  TaskDefinition,
  TriggerDefinition,
} from '../definition.ts';
import type { Findings } from '../findings.ts';
import { childOf, type LocatedMap, type LocatedNode, mapsIn } from '../parse/located-node.ts';
import { flowProperties, outputProperties, triggerProperties } from '../schema/shape.ts';
import { declarationOf, textOf } from './declarations.ts';
import { constantValue, Expressions } from './expressions.ts';
import { checkIds } from './ids.ts';
import { indexTasks, type TaskEntry } from './index-of-tasks.ts';
import { type Names, namesOf } from './names.ts';
import { type Place, rootsOf, type TasksSeen } from './place.ts';
import { checkTriggerInputs } from './trigger-inputs.ts';

/** Reports what does not fit together; the flow is only good when nothing is an error. */
export function link(root: LocatedMap, catalog: Catalog, findings: Findings): CheckedFlow {
  return new Linker(root, catalog, findings).flow();
}

const nothing: CompiledValue = compileValue({});

/** Executor-run types that become a task of a worker when a property needs one. */
const movesToWorker: ReadonlySet<string> = new Set(['log']);

class Linker {
  readonly #root: LocatedMap;
  readonly #catalog: Catalog;
  readonly #findings: Findings;
  readonly #entries: readonly TaskEntry[];
  readonly #names: Names;
  readonly #expressions: Expressions;
  readonly #taskById = new Map<string, TaskDefinition>();

  constructor(root: LocatedMap, catalog: Catalog, findings: Findings) {
    this.#root = root;
    this.#catalog = catalog;
    this.#findings = findings;
    this.#entries = indexTasks(root, catalog);
    this.#names = namesOf(root, this.#entries, catalog);
    this.#expressions = new Expressions(this.#names, findings);
  }

  flow(): CheckedFlow {
    const { value } = this.#root;
    checkIds(this.#root, this.#entries, this.#findings);
    const [namespace, id] = [textOf(value['namespace']), textOf(value['id'])];
    return {
      key: flowKey(namespace, id),
      namespace,
      id,
      source: this.#findings.source.text,
      ...descriptionOf(this.#root),
      disabled: value['disabled'] === true,
      labels: this.#flowLabels(),
      inputs: mapsIn(this.#root, 'inputs').map((node) => this.#input(node)),
      variables: this.#variables(),
      tasks: this.#entries.map((entry) => this.#task(entry)),
      errors: [],
      finally: [],
      outputs: mapsIn(this.#root, 'outputs').map((node) => this.#output(node)),
      triggers: mapsIn(this.#root, 'triggers').map((node) => this.#trigger(node)),
      taskById: this.#taskById,
    };
  }

  #flowLabels(): CompiledValue {
    const variables = childOf(this.#root, 'variables');
    const place: Place = {
      ...placeOf('`labels`', rootsOf.start, { kind: 'none' }),
      variables: new Set(variables?.kind === 'map' ? variables.entries.keys() : []),
    };
    return this.#compiled(this.#root, 'labels', flowProperties['labels'], place);
  }

  #input(node: LocatedMap): ReturnType<typeof declarationOf> {
    const declaration = declarationOf(node);
    const name = `\`defaults\` of input \`${declaration.id}\``;
    const defaults = childOf(node, 'defaults');
    const place = placeOf(name, new Set(), { kind: 'none' });
    if (defaults !== undefined) this.#expressions.refuse(defaults, place);
    return declaration;
  }

  #variables(): CheckedFlow['variables'] {
    const node = childOf(this.#root, 'variables');
    if (node?.kind !== 'map') return [];
    const before = new Set<string>();
    return [...node.entries].map(([id, { node: value }]) => {
      const place = placeOf(`variable \`${id}\``, rootsOf.start, { kind: 'none' });
      const variables = new Set(before);
      before.add(id);
      return { id, value: this.#expressions.value(value, { ...place, variables }, false) };
    });
  }

  #task(entry: TaskEntry): TaskDefinition {
    const { id, node, type, blocks } = entry;
    const sees = { kind: 'before', ordinal: entry.ordinal } as const;
    const place = (property: string): Place =>
      placeOf(`\`${property}\` of task \`${id}\``, rootsOf.task, sees);
    const worker = type?.where === 'worker' || movesToWorker.has(type?.type ?? '');
    const properties = this.#properties(node, type?.properties ?? {}, (property) => ({
      ...place(property),
      impurity: worker ? 'allowed' : 'refused',
    }));
    const children: Record<string, readonly TaskDefinition[]> = {};
    for (const [property, entries] of Object.entries(entry.children)) {
      children[property] = entries.map((child) => this.#task(child));
    }
    const definition: TaskDefinition = {
      id,
      type: textOf(node.value['type']),
      where: type?.where ?? 'executor',
      ...descriptionOf(node),
      disabled: node.value['disabled'] === true,
      ...this.#templates(node, place),
      allowFailure: false,
      allowWarning: false,
      workerGroup: textOf(node.value['workerGroup']) || 'default',
      properties,
      impure: Object.values(properties).some(isImpure),
      children,
      blocks,
    };
    this.#taskById.set(id, definition);
    return definition;
  }

  #trigger(node: LocatedMap): TriggerDefinition {
    const id = textOf(node.value['id']);
    const type: TriggerType | undefined = this.#catalog.triggers.get(textOf(node.value['type']));
    const name = (property: string): string => `\`${property}\` of trigger \`${id}\``;
    const mapping = (property: string): Place =>
      placeOf(name(property), rootsOf.triggerMapping, { kind: 'none' });
    checkTriggerInputs(node, mapsIn(this.#root, 'inputs').map(declarationOf), this.#findings);
    return {
      id,
      type: textOf(node.value['type']),
      ...descriptionOf(node),
      disabled: node.value['disabled'] === true,
      ...this.#templates(node, mapping),
      inputs: this.#compiled(node, 'inputs', triggerProperties.inputs, mapping('inputs'), false),
      labels: this.#compiled(node, 'labels', triggerProperties.labels, mapping('labels')),
      properties: this.#properties(node, type?.properties ?? {}, (property) => ({
        ...placeOf(name(property), rootsOf.trigger, { kind: 'none' }),
        impurity: 'allowed',
      })),
    };
  }

  #output(node: LocatedMap): OutputDeclaration {
    const id = textOf(node.value['id']);
    const place = placeOf(`output \`${id}\``, rootsOf.flowOutput, { kind: 'all' });
    return {
      id,
      type: textOf(node.value['type']) || 'json',
      ...descriptionOf(node),
      value: this.#compiled(node, 'value', outputProperties['value'], place),
    };
  }

  /** `when` and `idempotencyKey`, where they are given. */
  #templates(
    node: LocatedMap,
    place: (property: string) => Place,
  ): { readonly when?: Template; readonly idempotencyKey?: Template } {
    const [when, key] = [childOf(node, 'when'), childOf(node, 'idempotencyKey')];
    return {
      ...(when === undefined ? {} : { when: this.#condition(when, place('when')) }),
      ...(key === undefined
        ? {}
        : { idempotencyKey: this.#expressions.scalar(key, place('idempotencyKey')) }),
    };
  }

  /** A text that can only be text is a condition that can only fail. */
  #condition(node: LocatedNode, place: Place): Template {
    const template = this.#expressions.scalar(node, place);
    const { kind, source } = template;
    const text = source.trim();
    const statements = text.startsWith('<%');
    const fits =
      kind === 'text' ? ['true', 'false'].includes(text) : kind !== 'mixed' || statements;
    if (!fits) {
      const message = `${place.name} gives text, and must give true or false`;
      this.#findings.add('when-not-a-condition', node.span, message, {
        hint: 'Write one expression, such as << inputs.total > 100 >>.',
      });
    }
    return template;
  }

  #properties(
    node: LocatedMap,
    schemas: Readonly<Record<string, PropertySchema>>,
    place: (property: string) => Place,
  ): Readonly<Record<string, CompiledValue>> {
    const properties: Record<string, CompiledValue> = {};
    for (const [name, schema] of Object.entries(schemas)) {
      if (childOf(node, name) === undefined) continue;
      properties[name] = this.#compiled(node, name, schema, place(name));
    }
    return properties;
  }

  #compiled(
    around: LocatedMap,
    property: string,
    schema: PropertySchema | undefined,
    place: Place,
    templatedKeys = isFreeMap(schema),
  ): CompiledValue {
    const node = childOf(around, property);
    if (node === undefined) return nothing;
    if (schema?.['x-kind'] === 'templated') {
      return this.#expressions.value(node, place, templatedKeys);
    }
    if (schema?.['x-kind'] === 'static') this.#expressions.refuse(node, place);
    return constantValue(node);
  }
}

function placeOf(name: string, roots: Place['roots'], sees: TasksSeen): Place {
  return { name, roots, sees, impurity: 'refused' };
}

/** A map whose keys are the user's own. */
function isFreeMap(schema: PropertySchema | undefined): boolean {
  return (
    schema?.['type'] === 'object' &&
    schema['properties'] === undefined &&
    schema['additionalProperties'] !== false
  );
}

function isImpure({ leaves }: CompiledValue): boolean {
  return leaves.some(({ template }) => template.analysis.impure.size > 0);
}

function descriptionOf(node: LocatedMap): { readonly description?: string } {
  const { description } = node.value;
  return typeof description === 'string' ? { description } : {};
}
