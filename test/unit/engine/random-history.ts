/** Plays random operations against the engine, with checkpoints, crashes and restores in between. */
import { effectsOf } from '../../../src/engine/effects.ts';
import { finishRestore, markAllDirty, restorePage } from '../../../src/engine/pages.ts';
import { PartitionState } from '../../../src/engine/partition-state.ts';
import type { DispatchedRun } from '../../../src/engine/state/execution.ts';
import type { Event } from '../../../src/model/events.ts';
import { executionId, type ExecutionId, taskRunId } from '../../../src/model/ids.ts';
import { apiSource } from '../../../src/model/starts.ts';
import type { JsonObject } from '../../../src/support/json.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { dumpState } from './dump.ts';
import { Engine } from './engine.ts';
import { flowFromYaml } from './flows.ts';
import { type Operation, type RandomFlow, randomInputs } from './random-flow.ts';
import { flowYaml } from './random-yaml.ts';

/** Enough for a checkpoint page of its own. */
const LARGE = 'x'.repeat(1_500);

export class RandomHistory {
  readonly engine = new Engine();
  readonly store = new CheckpointStore();
  confirmed = -1;
  /** Pairs of states that must be equal: before a crash, and after the restore. */
  readonly restores: { readonly before: unknown; readonly after: unknown }[] = [];
  #sequence = 0;

  constructor(flows: readonly RandomFlow[]) {
    flows.forEach((flow, index) => {
      this.engine.deploy(flowFromYaml(flowYaml(`f${index}`, flow), 1, index));
    });
  }

  play(operation: Operation): void {
    const { engine } = this;
    switch (operation.kind) {
      case 'start':
        engine.start({
          flow: `f${operation.flow}`,
          inputs: randomInputs,
          ...(operation.key === null ? {} : { idempotencyKey: `k${operation.key}` }),
          ...(operation.source === null || operation.key !== null
            ? {}
            : { source: { id: apiSource(String(operation.source)), sequence: this.#sequence++ } }),
        });
        return;
      case 'result':
        return this.#result(operation);
      case 'kill':
      case 'cancel':
        return this.#end(operation.kind, operation.pick);
      case 'held':
        return this.#held(operation);
      case 'started':
      case 'worker-gone':
      case 'stale':
      case 'refuse':
        return this.#disturb(operation.kind, operation.pick);
      case 'tick':
        engine.nowMs += operation.ms;
        return this.#fireTimers();
      case 'continue': {
        const [execution] = engine.state.agendas();
        if (execution !== undefined) engine.input({ kind: 'continue', execution });
        return;
      }
      case 'fail-next':
        engine.failNext = 'boom';
        return;
      case 'pages':
        return this.#pages(operation);
      case 'crash':
        return this.#crash(operation);
    }
  }

  /** Everything comes to its end. */
  finish(): void {
    for (let turn = 0; turn < 10_000; turn++) {
      this.engine.settle();
      const [dispatched] = this.#dispatched();
      if (dispatched !== undefined) this.#finishRun(dispatched[0], dispatched[1], 'SUCCESS');
      else if (this.engine.state.nextTimer() !== undefined) this.engine.nowMs += 3_600_000;
      else return;
    }
    throw new Error('the history does not end');
  }

  #result({ pick, state, stale, definite }: Extract<Operation, { kind: 'result' }>): void {
    const chosen = this.#pickDispatched(pick);
    if (chosen === undefined) return;
    const [execution, run] = chosen;
    const answered = stale ? { ...run, dispatch: run.dispatch - 1 } : run;
    this.#finishRun(execution, answered, state, definite);
  }

  #finishRun(
    execution: ExecutionId,
    run: DispatchedRun,
    state: 'SUCCESS' | 'FAILED',
    definite = false,
  ): void {
    const outputs: JsonObject = { ...run.properties, ...pageOf(run) };
    if ('when' in outputs) Object.assign(outputs, { when: run.ordinal % 2 === 0 });
    if ('uri' in outputs && run.ordinal % 2 === 1) Object.assign(outputs, { big: LARGE });
    if ('message' in outputs) Object.assign(outputs, { message: 'x'.repeat(run.ordinal * 50) });
    const error = { code: 'http.status', message: 'no' } as const;
    this.engine.command({
      type: 'task.finished',
      execution,
      taskRun: taskRunId(execution, run.ordinal),
      dispatch: run.dispatch,
      worker: 'w1',
      result:
        state === 'SUCCESS'
          ? { state, outputs }
          : { state, error, outcome: definite ? 'definite' : 'unknown', outputs },
      startedAtMs: 0,
      endedAtMs: 0,
    });
  }

  #end(kind: 'kill' | 'cancel', pick: number): void {
    const live = [...this.engine.state.base.executions.keys()];
    const execution = live[pick % (live.length + 1)] ?? executionId('0'.repeat(26));
    this.engine.command({
      type: `execution.${kind}`,
      execution,
      ...(pick % 2 === 0 ? {} : { replyTo: { requester: 'a', request: String(pick) } }),
      ...(pick % 3 === 0 ? {} : { source: { id: apiSource('kills'), sequence: this.#sequence++ } }),
    });
  }

  /** A command ahead of a start that will come, or has just come. */
  #held({ offset, cancel }: Extract<Operation, { kind: 'held' }>): void {
    const at = this.engine.state.positions.nextStart + offset;
    const execution = executionId(String(at).padStart(26, '0'));
    const start = { topic: 'starts', partition: 0, offset: at };
    this.engine.command({
      type: cancel ? 'execution.cancel' : 'execution.kill',
      execution,
      start,
      replyTo: { requester: 'a', request: 'h' },
    });
    this.engine.nowMs -= 500; // A start is older than a command that names it.
    if (offset === 1) this.engine.start({ flow: 'f0', inputs: randomInputs });
    if (offset <= 1)
      this.engine.start({ flow: 'f0', executionId: execution, inputs: randomInputs });
  }

  #disturb(kind: 'started' | 'worker-gone' | 'stale' | 'refuse', pick: number): void {
    const { engine } = this;
    const timeMs = engine.nowMs;
    const worker = `w${pick % 2}`;
    if (kind === 'worker-gone') {
      for (const execution of engine.state.leasesOf(worker)) {
        engine.input({ kind, timeMs, worker, execution });
      }
      return;
    }
    const chosen = this.#pickDispatched(pick);
    if (chosen === undefined) return;
    const [execution, { ordinal: run, dispatch }] = chosen;
    const taskRun = taskRunId(execution, run);
    if (kind === 'started') {
      engine.command({ type: 'task.started', execution, taskRun, dispatch, worker });
    } else if (kind === 'stale') {
      engine.input({ kind: 'dispatch-stale', timeMs, execution, run, dispatch });
    } else {
      this.#refuse(taskRun, dispatch);
    }
  }

  #refuse(taskRun: string, dispatch: number): void {
    for (const { event, offset } of this.engine.log) {
      for (const [index, effect] of effectsOf(event).entries()) {
        if (effect.kind !== 'dispatch' || effect.dispatch.taskRun !== taskRun) continue;
        if (effect.dispatch.dispatch !== dispatch) continue;
        const refused = { code: 'too-large', message: 'too large' };
        const timeMs = this.engine.nowMs;
        this.engine.input({ kind: 'effect-refused', offset, index, timeMs, effect, ...refused });
        return;
      }
    }
  }

  #fireTimers(): void {
    const { engine } = this;
    for (;;) {
      const timer = engine.state.nextTimer();
      if (timer === undefined || timer.dueMs > engine.nowMs) return;
      engine.input(timer);
    }
  }

  #pages({ bytesMax, confirm, torn }: Extract<Operation, { kind: 'pages' }>): void {
    const lastOffset = this.engine.log.length - 1;
    this.#confirm(confirm);
    const { confirmed } = this;
    const given = { lastOffset, confirmed, bytesMax, torn };
    if (this.store.write(this.engine.state, given)) this.#restore(false);
  }

  #crash({ confirm, markAll }: Extract<Operation, { kind: 'crash' }>): void {
    this.#confirm(confirm);
    this.#restore(markAll);
  }

  #confirm(events: number): void {
    this.confirmed = Math.min(this.confirmed + events, this.engine.log.length - 1);
  }

  #restore(markAll: boolean): void {
    const { engine, store } = this;
    const state = new PartitionState(0, 1);
    for (const [key, value] of store.pages) restorePage(state, key, value);
    finishRestore(state, store.position);
    const from = Math.min(store.position, this.confirmed);
    for (const { event, offset } of engine.log) {
      if (offset <= from) continue;
      state.applyRecorded(JSON.parse(JSON.stringify(event)) as Event, offset);
    }
    state.positions = engine.state.positions;
    this.restores.push({ before: dumpState(engine.state), after: dumpState(state) });
    if (markAll) markAllDirty(state);
    store.abandonRound();
    engine.failNext = undefined;
    engine.state = state;
  }

  #dispatched(): readonly (readonly [ExecutionId, DispatchedRun])[] {
    return [...this.engine.state.base.executions].flatMap(([id, { entity }]) =>
      [...entity.openRuns()].flatMap((run) =>
        run.phase === 'dispatched' ? [[id, run] as const] : [],
      ),
    );
  }

  #pickDispatched(pick: number): readonly [ExecutionId, DispatchedRun] | undefined {
    const all = this.#dispatched();
    return all[pick % Math.max(1, all.length)];
  }
}

/** Pages of a value that is kept as a reference: the first with two of its four values, then one each. */
function pageOf({ taskType, properties: { page } }: DispatchedRun): JsonObject {
  if (taskType !== 'values.page') return {};
  if (page !== undefined) return { values: [Number(page) + 1] };
  const pages = { ...(randomInputs['big'] as JsonObject) };
  return { values: { total: 4, values: [0, 1], pages } };
}
