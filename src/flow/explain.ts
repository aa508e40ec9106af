/** Where each task of a flow runs, and why: what `validate --explain` and the editor show. */
import type { CompiledLeaf, CompiledValue, Template } from '../expression/index.ts';
import { propertyPath } from '../expression/index.ts';
import type { CheckedFlow, TaskDefinition } from './definition.ts';

export interface TaskExplanation {
  readonly id: string;
  readonly type: string;
  /** How many blocks are around it. */
  readonly depth: number;
  readonly where: 'executor' | 'worker';
  /** Set for tasks of workers. */
  readonly workerGroup?: string;
  /** Why it takes a hop to a worker; empty for a task of the executor. */
  readonly because: readonly string[];
}

/** Every task in the order of the file. */
export function explain(flow: Pick<CheckedFlow, 'tasks'>): readonly TaskExplanation[] {
  return flow.tasks.flatMap(explainTask);
}

function explainTask(task: TaskDefinition): readonly TaskExplanation[] {
  const because = reasons(task);
  const { id, type, blocks, workerGroup } = task;
  const onWorker = because.length > 0;
  return [
    {
      id,
      type,
      depth: blocks.length,
      where: onWorker ? 'worker' : 'executor',
      ...(onWorker ? { workerGroup } : {}),
      because,
    },
    ...Object.values(task.children).flatMap((children) => children.flatMap(explainTask)),
  ];
}

function reasons({ where, type, when, idempotencyKey, properties }: TaskDefinition): string[] {
  const byType = where === 'worker' ? [`\`${type}\` runs on workers`] : [];
  return [
    ...byType,
    ...reasonsOfTemplate('when', when),
    ...reasonsOfTemplate('idempotencyKey', idempotencyKey),
    ...Object.entries(properties).flatMap(([name, value]) => reasonsOfValue(name, value)),
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
