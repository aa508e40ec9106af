/** Where each task of a flow runs, and why: what `validate --explain` and the editor show. */
import type { CompiledLeaf, CompiledValue, Template } from '../expression/index.ts';
import { propertyPath } from '../expression/index.ts';
import type { CheckedFlow, TaskDefinition } from './definition.ts';

export interface TaskExplanation {
  readonly id: string;
  readonly type: string;
  /** How many blocks are around it. */
  readonly depth: number;
  /** The list of its block, or of the flow, that it is in: `tasks`, `then`, `cases.paid`, `errors`. */
  readonly list: string;
  readonly where: 'executor' | 'worker';
  /** Set for tasks of workers. */
  readonly workerGroup?: string;
  /** Why it takes a hop to a worker; empty for a task of the executor. */
  readonly because: readonly string[];
}

/** Every task in the order they can run. */
export function explain(
  flow: Pick<CheckedFlow, 'tasks' | 'errors' | 'finally'>,
): readonly TaskExplanation[] {
  const { tasks, errors, finally: last } = flow;
  return explainLists({ tasks, errors, finally: last });
}

function explainLists(lists: TaskDefinition['children']): readonly TaskExplanation[] {
  return Object.entries(lists).flatMap(([list, tasks]) =>
    tasks.flatMap((task) => explainTask(task, list)),
  );
}

function explainTask(task: TaskDefinition, list: string): readonly TaskExplanation[] {
  const because = reasons(task);
  const { id, type, blocks, workerGroup } = task;
  const onWorker = because.length > 0;
  return [
    {
      id,
      type,
      depth: blocks.length,
      list,
      where: onWorker ? 'worker' : 'executor',
      ...(onWorker ? { workerGroup } : {}),
      because,
    },
    ...explainLists(task.children),
  ];
}

function reasons(task: TaskDefinition): string[] {
  const { where, type, when, idempotencyKey, timeout, properties, outputs = [] } = task;
  const byType = where === 'worker' ? [`\`${type}\` runs on workers`] : [];
  return [
    ...byType,
    ...reasonsOfTemplate('when', when),
    ...reasonsOfTemplate('idempotencyKey', idempotencyKey),
    ...(timeout === undefined ? [] : reasonsOfValue('timeout', timeout)),
    ...Object.entries(properties).flatMap(([name, value]) => reasonsOfValue(name, value)),
    ...outputs.flatMap(({ id, value }) => reasonsOfValue(`outputs.${id}`, value)),
  ];
}

function reasonsOfValue(name: string, { leaves }: CompiledValue): string[] {
  return leaves.flatMap(({ path, template }: CompiledLeaf) =>
    reasonsOfTemplate(propertyPath(name, path), template),
  );
}

function reasonsOfTemplate(name: string, template: Template | undefined): string[] {
  if (template === undefined) return [];
  const { impure, needsWorker } = template.analysis;
  const calls = [...impure].map((name) => `\`${name}\``).join(' and ');
  return [
    ...(calls === '' ? [] : [`\`${name}\` calls ${calls}`]),
    ...(needsWorker ? [`\`${name}\` has a filter that runs on workers`] : []),
  ];
}
