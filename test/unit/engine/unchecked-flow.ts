/**
 * Flows that validation refuses, or would refuse if it could know: what the engine does with them all the same.
 * Nothing is checked here.
 */
import { parse } from 'yaml';
import { compileValue, parseTemplate } from '../../../src/expression/index.ts';
import type { FlowDefinition, TaskDefinition } from '../../../src/flow/definition.ts';
import { flowKey } from '../../../src/model/ids.ts';
import type { InputDeclaration } from '../../../src/model/inputs.ts';
import { sha256Hex } from '../../../src/support/digest.ts';
import { executorTasks } from '../../../src/engine/tasks/index.ts';

interface FlowYaml {
  readonly id: string;
  readonly namespace: string;
  readonly disabled?: boolean;
  readonly labels?: unknown;
  readonly inputs?: readonly (Partial<InputDeclaration> & Pick<InputDeclaration, 'id' | 'type'>)[];
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly tasks: readonly TaskYaml[];
  readonly outputs?: readonly { id: string; type: string; value: unknown }[];
}

type TaskYaml = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

const common = ['id', 'type', 'when', 'disabled', 'workerGroup', 'idempotencyKey', 'tasks'];

export function uncheckedFlow(source: string, revision: number, offset: number): FlowDefinition {
  const yaml = parse(source) as FlowYaml;
  const tasks = yaml.tasks.map((task) => taskOf(task, []));
  return {
    key: flowKey(yaml.namespace, yaml.id),
    namespace: yaml.namespace,
    id: yaml.id,
    revision,
    offset,
    sha256: sha256Hex([source]),
    source,
    disabled: yaml.disabled ?? false,
    labels: compileValue(yaml.labels ?? {}),
    inputs: (yaml.inputs ?? []).map((input) => ({
      required: input.defaults === undefined,
      ...input,
    })),
    variables: Object.entries(yaml.variables ?? {}).map(([id, value]) => ({
      id,
      value: compileValue(value),
    })),
    tasks,
    errors: [],
    finally: [],
    outputs: (yaml.outputs ?? []).map((output) => ({
      ...output,
      value: compileValue(output.value),
    })),
    triggers: [],
    taskById: new Map(tasks.flatMap(withChildren).map((task) => [task.id, task])),
  };
}

function taskOf(yaml: TaskYaml, blocks: readonly string[]): TaskDefinition {
  const { id, type, when, disabled, workerGroup, idempotencyKey, tasks } = yaml;
  const properties = Object.entries(yaml).filter(([name]) => !common.includes(name));
  const compiled = properties.map(([name, value]) => [
    name,
    compileValue(value, { templatedKeys: true }),
  ]);
  const children = ((tasks ?? []) as readonly TaskYaml[]).map((child) =>
    taskOf(child, [...blocks, id]),
  );
  return {
    id,
    type,
    where: executorTasks.has(type) ? 'executor' : 'worker',
    disabled: disabled === true,
    ...(typeof when === 'string' ? { when: parseTemplate(when) } : {}),
    workerGroup: typeof workerGroup === 'string' ? workerGroup : 'default',
    ...(typeof idempotencyKey === 'string'
      ? { idempotencyKey: parseTemplate(idempotencyKey) }
      : {}),
    properties: Object.fromEntries(compiled) as TaskDefinition['properties'],
    allowFailure: false,
    allowWarning: false,
    impure: false,
    children: children.length === 0 ? {} : { tasks: children },
    blocks,
  };
}

function withChildren(task: TaskDefinition): readonly TaskDefinition[] {
  return [task, ...Object.values(task.children).flat().flatMap(withChildren)];
}
