/** A block that is looked at: the flow's own list, a block's run, or one iteration of a loop. */
import type { TaskDefinition } from '../../flow/definition.ts';
import { assert, present } from '../../support/assert.ts';
import type { BlockState } from '../state/block.ts';
import { type BlockRun, type Iteration, iterationAt } from '../state/execution.ts';
import type { Around, ExecutionStep } from './execution-step.ts';

export type BlockPlace = FlowPlace | RunBlock | IterationBlock;

interface Looked {
  readonly ordinal: number;
  readonly state: BlockState;
  /** The tasks of its stage. */
  readonly tasks: readonly TaskDefinition[];
}

export interface FlowPlace extends Looked {
  readonly kind: 'flow';
}

export interface RunBlock extends Looked {
  readonly kind: 'run';
  readonly run: BlockRun;
  readonly task: TaskDefinition;
}

export interface IterationBlock extends Looked {
  readonly kind: 'iteration';
  readonly part: Iteration;
  /** Undefined when the loop has ended without waiting for the iteration. */
  readonly loop: BlockRun | undefined;
  /** The loop's. */
  readonly task: TaskDefinition;
}

const NONE: readonly TaskDefinition[] = [];

export function placeAt(step: ExecutionStep, ordinal: number): BlockPlace {
  if (ordinal === 0) return flowPlace(step);
  const part = present(step.view.run(ordinal), `run ${ordinal} of the agenda`);
  if (part.phase === 'iteration') return iterationPlace(step, part);
  assert(part.phase === 'block', `run ${ordinal} of the agenda is a block`);
  const task = taskAt(step, part.task);
  const { block, branch } = part;
  return {
    kind: 'run',
    ordinal,
    state: block,
    run: part,
    task,
    tasks: tasksOf(task, block.stage, branch),
  };
}

function flowPlace(step: ExecutionStep): FlowPlace {
  const { root: state } = step.head;
  const tasks = state.stage === 'waiting' ? NONE : step.flow[state.stage];
  return { kind: 'flow', ordinal: 0, state, tasks };
}

function iterationPlace(step: ExecutionStep, part: Iteration): IterationBlock {
  const loop = present(step.runAt(part.parent), `loop ${part.parent}`);
  const task = taskAt(step, loop.task);
  return {
    kind: 'iteration',
    ordinal: part.ordinal,
    state: part.block,
    part,
    loop: loop.phase === 'block' ? loop : undefined,
    task,
    tasks: task.children['tasks'] ?? NONE,
  };
}

/** The tasks of a block in a stage, in the branch that it took. */
export function tasksOf(
  { children }: TaskDefinition,
  stage: BlockState['stage'],
  branch: string | null | undefined,
): readonly TaskDefinition[] {
  if (stage !== 'tasks') return children[stage] ?? NONE;
  if (branch === null) return NONE;
  return children[branch ?? 'tasks'] ?? NONE;
}

/** Where the next child of the block stands. */
export function aroundChild(step: ExecutionStep, place: BlockPlace): Around {
  switch (place.kind) {
    case 'flow':
      return { parent: 0 };
    case 'iteration': {
      const iteration = present(iterationAt(step.view, place.ordinal), 'an iteration');
      return { parent: place.ordinal, iteration };
    }
    case 'run': {
      const iteration = iterationAt(step.view, place.run.iteration);
      const around = { parent: place.ordinal };
      return iteration === undefined ? around : { ...around, iteration };
    }
  }
}

function taskAt(step: ExecutionStep, id: string): TaskDefinition {
  return present(step.flow.taskById.get(id), `task ${id} of ${step.flow.key}`);
}
