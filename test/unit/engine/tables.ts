/** What a history of one execution owes to its flow, by the tables of "When something fails"; [] when it keeps it. */
import type { FlowDefinition, TaskDefinition } from '../../../src/flow/definition.ts';
import type { ExecutionEvent } from '../../../src/model/events.ts';
import { isJsonArray, isJsonObject, type Json } from '../../../src/support/json.ts';

interface Block {
  readonly task: TaskDefinition | undefined;
  readonly limit: number;
  /** Children of this stage that have not ended. */
  readonly running: Set<number>;
  stage: string;
  /** A child of this stage has failed. */
  failed: boolean;
  stopped: string | undefined;
  /** It was told to stop, in whatever stage. */
  wasStopped: boolean;
  /** Between two attempts. */
  waits: boolean;
  /** What it was said to end in, when its tasks had ended. */
  told: string | undefined;
}

/** Takes the events of one execution in their order. */
export class Tables {
  readonly problems: string[] = [];
  readonly #flow: FlowDefinition;
  readonly #blocks = new Map<number, Block>([[0, newBlock(undefined, 1)]]);
  readonly #parents = new Map<number, number>();
  #aborted = false;

  constructor(flow: FlowDefinition) {
    this.#flow = flow;
  }

  take(event: ExecutionEvent): void {
    if ('iteration' in event && event.iteration?.run === event.parent) {
      const { run, loop } = event.iteration;
      if (!this.#blocks.has(run)) this.#began(run, loop);
      if (!this.#blocks.has(run)) this.#blocks.set(run, newBlock(undefined, 1));
    }
    switch (event.type) {
      case 'block.opened':
        this.#began(event.run, event.parent);
        this.#blocks.set(event.run, newBlock(this.#flow.taskById.get(event.task), event.limit));
        return;
      case 'task.scheduled':
      case 'task.sleeping':
        return this.#began(event.run, event.parent);
      case 'task.retrying':
        this.#began(event.run, event.parent);
        return this.#retried(event);
      case 'stage.entered':
        return this.#entered(event);
      case 'block.stopping':
        this.#stops(event.run, event.mode);
        return;
      case 'execution.ending':
        this.#aborted ||= event.mode === 'abort';
        if (event.repeated !== true) this.#stops(0, event.mode === 'timeout' ? 'fail' : event.mode);
        return;
      case 'task.ended':
        return this.#taskEnded(event);
      case 'values.loaded':
        return this.#left(event.run, event.parent, 'SUCCESS');
      case 'iteration.ended':
        return this.#left(event.run, event.parent, event.state);
      case 'execution.ended':
        return this.#executionEnded(event.state);
      default:
        return;
    }
  }

  #began(run: number, parent: number): void {
    if (this.#parents.has(run)) return;
    this.#parents.set(run, parent);
    const block = this.#blocks.get(parent);
    if (block === undefined) return this.#say(`run ${run} began in ${parent}, which is no block`);
    if (block.failed) this.#say(`run ${run} began after a failure in ${parent}`);
    if (block.stopped !== undefined) this.#say(`run ${run} began in ${parent}, which stops`);
    block.running.add(run);
    const limit = block.stage === 'tasks' ? block.limit : 1;
    if (limit > 0 && block.running.size > limit) this.#say(`more than ${limit} run in ${parent}`);
  }

  #retried({
    task,
    attempt,
    run,
    parent,
  }: Extract<ExecutionEvent, { type: 'task.retrying' }>): void {
    if (this.#isStopped(run, parent)) this.#say(`${task} is retried though it stops`);
    const most = this.#flow.taskById.get(task)?.retry?.maxAttempts ?? 0;
    if (attempt >= most) this.#say(`${task} has ${most} attempts, and goes on after ${attempt}`);
    const block = this.#blocks.get(run);
    if (block === undefined) return;
    if (block.stage !== 'tasks') this.#say(`${task} is retried after its errors`);
    block.waits = true;
  }

  #entered(event: Extract<ExecutionEvent, { type: 'stage.entered' }>): void {
    const block = this.#blocks.get(event.run);
    if (block === undefined) return this.#say(`run ${event.run} is no block`);
    const { stage, state } = event;
    const stopped = block.stopped !== undefined && block.stopped !== 'fail';
    if (stage === 'errors' && (state !== 'FAILED' || stopped)) {
      this.#say(`errors of ${event.run} after ${state}, ${block.stopped ?? 'not stopped'}`);
    }
    if (block.told !== undefined && block.told !== state && block.stopped === undefined) {
      this.#say(`run ${event.run} will be ${state}, and not ${block.told} as it was told`);
    }
    Object.assign(block, { stage, failed: false, stopped: undefined, told: state });
    block.running.clear();
  }

  #stops(run: number, mode: string): void {
    const block = this.#blocks.get(run);
    if (block === undefined) return this.#say(`run ${run} stops and is no block`);
    block.stopped = block.stopped === 'kill' ? 'kill' : mode;
    block.wasStopped = true;
  }

  #taskEnded({
    run,
    parent,
    task,
    state,
    attempt,
    outputs,
  }: Extract<ExecutionEvent, { type: 'task.ended' }>): void {
    this.#began(run, parent);
    const definition = this.#flow.taskById.get(task);
    if (state === 'FAILED' && definition?.allowFailure === true) this.#say(`${task} may not fail`);
    if (state === 'WARNING' && definition?.allowWarning === true) this.#say(`${task} may not warn`);
    const block = this.#blocks.get(run);
    if (state === 'SUCCESS' && definition?.type === 'foreach' && block?.wasStopped !== true) {
      this.#checkLoop(definition, outputs);
    }
    const most = definition?.retry?.maxAttempts ?? 1;
    const retryable = !this.#aborted && !this.#isStopped(run, parent) && block?.stage !== 'errors';
    if (state === 'FAILED' && attempt < most && retryable && block?.stage !== 'finally') {
      this.#say(`${task} has failed after ${attempt} of ${most} attempts`);
    }
    if (block !== undefined && !this.#aborted) {
      const cancelled = block.waits && this.#stopAround(parent) === 'cancel';
      this.#checkStages(task, block, { state, cancelled });
    }
    this.#left(run, parent, state);
  }

  /** Each of its values has had its iteration. */
  #checkLoop({ id, allowFailure, allowWarning }: TaskDefinition, outputs: Json): void {
    if (allowFailure || allowWarning || !isJsonObject(outputs)) return;
    const { count, items } = outputs;
    if (!isJsonArray(items) || typeof count !== 'number' || items.length === count) return;
    this.#say(`${id} has ended after ${items.length} of ${count} iterations`);
  }

  /** `finally` has run, and `errors` before it after a failure; not where a cancel took its next attempt. */
  #checkStages(
    task: string,
    { task: definition, stage, stopped }: Block,
    { state, cancelled }: { readonly state: string; readonly cancelled: boolean },
  ): void {
    if (definition?.children['finally'] !== undefined && stage !== 'finally') {
      this.#say(`${task} has ended without its finally`);
    }
    const owesErrors = definition?.children['errors'] !== undefined && stage === 'tasks';
    if (owesErrors && state === 'FAILED' && stopped === undefined && !cancelled) {
      this.#say(`${task} has failed without its errors`);
    }
  }

  #left(run: number, parent: number, state: string): void {
    const block = this.#blocks.get(parent);
    // One that its block has let go of is none of its running ones.
    if (block?.running.delete(run) !== true) return;
    if (state === 'FAILED' || state === 'KILLED') block.failed = true;
  }

  #isStopped(run: number, parent: number): boolean {
    if (this.#stopAround(parent) !== undefined) return true;
    return this.#blocks.get(run)?.stopped === 'kill' || this.#blocks.get(run)?.stopped === 'cancel';
  }

  /** How the innermost block that stops, from `parent` outwards, does so. */
  #stopAround(parent: number): string | undefined {
    for (let at = parent; ; at = this.#parents.get(at) ?? 0) {
      const block = this.#blocks.get(at);
      if (block?.stopped !== undefined) return block.stopped;
      if (at === 0 || block?.stage === 'finally') return undefined;
    }
  }

  #executionEnded(state: string): void {
    const root = this.#blocks.get(0);
    if (root === undefined || this.#aborted) return;
    const { stage, told, stopped } = root;
    if (told !== undefined && stopped === undefined && told !== state) {
      this.#say(`the execution is ${state}, and not ${told} as its finally was told`);
    }
    if (this.#flow.finally.length > 0 && stage !== 'finally' && stage !== 'waiting') {
      this.#say('the execution has ended without its finally');
    }
  }

  #say(problem: string): void {
    this.problems.push(problem);
  }
}

function newBlock(task: TaskDefinition | undefined, limit: number): Block {
  return {
    task,
    limit,
    running: new Set(),
    stage: 'tasks',
    failed: false,
    stopped: undefined,
    wasStopped: false,
    waits: false,
    told: undefined,
  };
}
