/** What expressions see: the context roots, made only as far as a template names them. */
import { isoTime } from '../iso-time.ts';
import type { CompiledValue, Template } from '../../expression/index.ts';
import { contextRoots } from '../../expression/index.ts';
import type { FlowDefinition } from '../../flow/definition.ts';
import { taskRunId } from '../../model/ids.ts';
import { isOwnTask } from '../../model/own-tasks.ts';
import type { State } from '../../model/states.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import type { ExecutionOrigin, ExecutionView, TaskRun } from '../state/execution.ts';
import { errorRoot } from './error-root.ts';
import type { RunPlace } from './execution-step.ts';
import { itemRoot, iterationAround, parentsRoot } from './item-root.ts';
import { isPassedOver } from './passed-over.ts';

/** Where the roots' values come from. */
export interface ContextSource {
  readonly origin: ExecutionOrigin;
  readonly state: State;
  readonly variables: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent at the start, when no task has run. */
  readonly view?: ExecutionView;
  /** The revision that the execution is pinned to. Absent at the start. */
  readonly flow?: FlowDefinition;
  /** The task whose property it is. */
  readonly run?: RunPlace;
  /** What random values are drawn by, beside the property. Default: the run's ordinal. */
  readonly seed?: number;
  readonly nowMs: number;
}

/** Which roots are named, and of the two that grow with the flow, which tasks. */
interface Needs {
  readonly roots: readonly string[];
  readonly outputs: Tasks;
  readonly tasks: Tasks;
}

type Tasks = ReadonlySet<string> | 'all';

const needsOfValues = new WeakMap<CompiledValue, Needs>();
const needsOfTemplates = new WeakMap<Template, Needs>();

export function rootsForValue(value: CompiledValue, source: ContextSource): JsonObject {
  let needs = needsOfValues.get(value);
  if (needs === undefined) {
    needs = needsOf(value.leaves.map(({ template }) => template));
    needsOfValues.set(value, needs);
  }
  return rootsFor(needs, source);
}

export function rootsForTemplate(template: Template, source: ContextSource): JsonObject {
  let needs = needsOfTemplates.get(template);
  if (needs === undefined) {
    needs = needsOf([template]);
    needsOfTemplates.set(template, needs);
  }
  return rootsFor(needs, source);
}

function needsOf(templates: readonly Template[]): Needs {
  if (templates.some(({ analysis }) => analysis.wholeContext)) {
    return { roots: contextRoots, outputs: 'all', tasks: 'all' };
  }
  const paths = templates.flatMap(({ analysis }) => analysis.paths);
  return {
    roots: [...new Set(paths.flatMap(([root]) => root ?? []))],
    outputs: tasksNamed(paths, 'outputs'),
    tasks: tasksNamed(paths, 'tasks'),
  };
}

function tasksNamed(paths: readonly (readonly string[])[], root: string): Tasks {
  const named = new Set<string>();
  for (const [first, task] of paths) {
    if (first !== root) continue;
    if (task === undefined) return 'all';
    named.add(task);
  }
  return named;
}

function rootsFor(needs: Needs, source: ContextSource): JsonObject {
  const roots: Record<string, Json> = {};
  for (const root of needs.roots) {
    const value = rootOf(root, needs, source);
    if (value !== undefined) roots[root] = value;
  }
  return roots;
}

function rootOf(root: string, needs: Needs, source: ContextSource): Json | undefined {
  const { origin } = source;
  switch (root) {
    case 'flow':
      return { id: origin.flow, namespace: origin.namespace, revision: origin.revision };
    case 'execution':
      return executionRoot(source);
    case 'inputs':
      return origin.inputs;
    case 'vars':
      return source.variables;
    case 'outputs':
      return outputsRoot(needs.outputs, source);
    case 'tasks':
      return tasksRoot(needs.tasks, source);
    case 'trigger':
      return origin.trigger;
    case 'labels':
      return source.labels;
    case 'globals':
      return origin.globals;
    case 'task':
      return source.run && { id: source.run.task.id, type: source.run.task.type };
    case 'taskrun':
      return taskRunRoot(source);
    case 'item':
      return source.view && itemRoot(source.view, source.run?.iteration);
    case 'parents':
      return source.view && parentsRoot(source.view, source.run?.iteration);
    case 'error':
      return source.view && source.run && errorRoot(source.view, source.run);
    default:
      return undefined; // The roots of constructs that are not around this place.
  }
}

function executionRoot({ origin, state }: ContextSource): JsonObject {
  const { execution, startedAtMs } = origin;
  return { id: execution, startDate: isoTime(startedAtMs), state, originalId: execution };
}

function taskRunRoot({ origin, run }: ContextSource): JsonObject | undefined {
  if (run === undefined) return undefined;
  const { ordinal, parent, attempt, startedAtMs } = run;
  return {
    id: taskRunId(origin.execution, ordinal),
    attempt,
    startDate: isoTime(startedAtMs),
    parentId: parent === 0 ? null : taskRunId(origin.execution, parent),
  };
}

function outputsRoot(tasks: Tasks, source: ContextSource): JsonObject {
  const outputs: Record<string, Json> = {};
  for (const [task, run] of runsOf(tasks, source)) {
    if (run === 'passed over') outputs[task] = null;
    else if (run.phase === 'ended') outputs[task] = run.outputs;
  }
  return outputs;
}

function tasksRoot(tasks: Tasks, source: ContextSource): JsonObject {
  const states: Record<string, Json> = {};
  for (const [task, run] of runsOf(tasks, source)) states[task] = stateOf(run);
  return states;
}

function stateOf(run: TaskRun | 'passed over'): JsonObject {
  if (run === 'passed over') return { state: 'SKIPPED', error: null };
  // A failure is plain data; an interface has no index signature by itself.
  const error = 'error' in run && run.error !== undefined ? { ...run.error } : null;
  if (run.phase === 'ended') return { state: run.state, error };
  return { state: run.phase === 'retrying' ? 'RETRYING' : 'RUNNING', error };
}

function* runsOf(
  tasks: Tasks,
  source: ContextSource,
): Iterable<readonly [task: string, run: TaskRun | 'passed over']> {
  const { view, flow } = source;
  if (view === undefined) return;
  const named = tasks === 'all' ? allTasks(view) : tasks;
  const runOf = (task: string): TaskRun | undefined => runOfTask(task, source);
  for (const task of named) {
    const run = runOf(task);
    if (run !== undefined) yield [task, run];
    else if (flow !== undefined && isPassedOver(flow, view, task, runOf)) {
      yield [task, 'passed over'];
    }
  }
}

function allTasks(view: ExecutionView): ReadonlySet<string> {
  const tasks = new Set<string>();
  for (const { task } of view.tasks()) if (!isOwnTask(task)) tasks.add(task);
  return tasks;
}

/** The task's newest run, as the place sees it: of its own iteration, or of one around it. */
export function runOfTask(task: string, { view, run }: ContextSource): TaskRun | undefined {
  if (view === undefined) return undefined;
  for (let at = run?.iteration; at !== undefined; at = iterationAround(view, at)) {
    const found = view.runOfTask(task, at.run);
    if (found !== undefined) return found;
  }
  return view.runOfTask(task, 0);
}
