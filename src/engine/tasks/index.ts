/** The registry of task types that the executor runs itself: one file each. */
import type { TaskType } from '../../model/catalog.ts';
import { assertConditions } from './assert.ts';
import type { ExecutorTask } from './executor-task.ts';
import { exit } from './exit.ts';
import { expressionEvaluate } from './expression-evaluate.ts';
import { fail } from './fail.ts';
import { foreach } from './foreach.ts';
import { ifTask } from './if.ts';
import { labels } from './labels.ts';
import { log } from './log.ts';
import { output } from './output.ts';
import { parallel } from './parallel.ts';
import { returnValue } from './return.ts';
import { sequence } from './sequence.ts';
import { set } from './set.ts';
import { sleep } from './sleep.ts';
import { switchTask } from './switch.ts';
import { unset } from './unset.ts';
import { valuesPage } from './values-page.ts';

const leaves = [log, returnValue, output, set, unset, labels, assertConditions, fail, exit, sleep];
const blocks = [sequence, parallel, ifTask, switchTask, foreach];

export const executorTasks: ReadonlyMap<string, ExecutorTask> = new Map(
  [...leaves, ...blocks].map((task): [string, ExecutorTask] => [task.type.type, task]),
);

/** The engine's own task types, for the catalog. */
export const executorTaskTypes: readonly TaskType[] = [
  ...[...executorTasks.values()].map(({ type }) => type),
  expressionEvaluate,
  valuesPage,
];
