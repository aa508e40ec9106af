/** Tasks that have no run and will get none: a block took another way, or is over. They have null outputs. */
import type { FlowDefinition, TaskDefinition } from '../../flow/definition.ts';
import type { BlockStage } from '../../model/events.ts';
import type { ExecutionView, TaskRun } from '../state/execution.ts';

const stageOrder: Readonly<Record<BlockStage, number>> = {
  tasks: 0,
  errors: 1,
  finally: 2,
  waiting: 3,
};

/**
 * @param runOf the newest run of a task, as it is seen from the place that asks.
 */
export function isPassedOver(
  flow: FlowDefinition,
  view: ExecutionView,
  id: string,
  runOf: (task: string) => TaskRun | undefined,
): boolean {
  const task = flow.taskById.get(id);
  let stage = view.head.root.stage;
  let branch: string | null | undefined;
  let lists: TaskDefinition['children'] = flowLists(flow);
  for (const step of task === undefined ? [] : [...task.blocks, id]) {
    const run = runOf(step);
    if (run === undefined) return isLeftBehind(listOf(lists, step), stage, branch);
    if (run.phase === 'ended') return true;
    if (run.phase !== 'block') return false;
    ({ stage } = run.block);
    ({ branch } = run);
    lists = flow.taskById.get(step)?.children ?? {};
  }
  return false;
}

function flowLists({ tasks, errors, finally: last }: FlowDefinition): TaskDefinition['children'] {
  return { tasks, errors, finally: last };
}

function listOf(lists: TaskDefinition['children'], id: string): string | undefined {
  return Object.keys(lists).find((list) => lists[list]?.some((task) => task.id === id));
}

function isLeftBehind(
  list: string | undefined,
  stage: BlockStage,
  branch: string | null | undefined,
): boolean {
  if (list === undefined) return false;
  const own = list === 'errors' || list === 'finally' ? list : 'tasks';
  if (stageOrder[own] < stageOrder[stage]) return true;
  return own === 'tasks' && branch !== undefined && branch !== list;
}
