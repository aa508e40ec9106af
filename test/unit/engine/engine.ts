/**
 * The engine with the least of a shell around it: one partition, its log in an array, time that is set. What
 * it does with a step is what the executor does: a draft, the events, on a throw `command-failed`.
 */
import type { Definitions } from '../../../src/engine/definitions.ts';
import { effectsOf } from '../../../src/engine/effects.ts';
import type { Counter } from '../../../src/engine/draft.ts';
import type { CommandFailedInput, Input } from '../../../src/engine/input.ts';
import { finishRestore } from '../../../src/engine/pages.ts';
import { PartitionState } from '../../../src/engine/partition-state.ts';
import { step } from '../../../src/engine/step.ts';
import type { FlowDefinition } from '../../../src/flow/definition.ts';
import type { Command } from '../../../src/model/commands.ts';
import type { Effect } from '../../../src/model/effects.ts';
import type { Event } from '../../../src/model/events.ts';
import type { ExecutionId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import type { Parsed, StartRequest } from '../../../src/model/starts.ts';
import type { JsonObject } from '../../../src/support/json.ts';

export interface Recorded {
  readonly offset: number;
  readonly event: Event;
}

export interface EngineOptions {
  readonly partition?: number;
  readonly partitions?: number;
  readonly globals?: JsonObject;
}

/** 2026-01-01T12:00:00Z: traces begin here. */
export const START_MS = Date.UTC(2026, 0, 1, 12);

export class Engine {
  readonly options: EngineOptions;
  state: PartitionState;
  nowMs = START_MS;
  readonly log: Recorded[] = [];
  readonly counters = new Map<Counter, number>();
  readonly flows: FlowDefinition[] = [];
  /** The next input is stepped as if it had thrown this. */
  failNext: string | undefined;
  #nextOffset = 0;

  constructor(options: EngineOptions = {}) {
    this.options = options;
    this.state = this.#emptyState();
  }

  deploy(flow: FlowDefinition): void {
    this.flows.push(flow);
  }

  start(
    start: Partial<StartRequest> | { readonly unreadable: string },
    partition = this.state.partition,
  ): readonly Recorded[] {
    const offset = this.state.positions.nextStart;
    const origin = { topic: 'starts', partition, offset };
    const parsed: Parsed<StartRequest> =
      'unreadable' in start
        ? { ok: false, reason: 'start-invalid', message: start.unreadable }
        : { ok: true, value: { ...defaultStart(origin), ...start } };
    const input = { offset, timeMs: this.nowMs, origin, start: parsed, preview: '…' };
    return this.input({ kind: 'start', ...input });
  }

  command(command: Command): readonly Recorded[] {
    const offset = this.state.positions.nextCommand;
    return this.input({ kind: 'command', offset, timeMs: this.nowMs, command });
  }

  /** Steps an input, as the executor does. */
  input(input: Exclude<Input, CommandFailedInput>): readonly Recorded[] {
    const recorded = this.#step(input);
    const { nextStart, nextCommand } = this.state.positions;
    if (input.kind === 'start') {
      this.state.positions = { nextStart: input.offset + 1, nextCommand };
    }
    if (input.kind === 'command' || input.kind === 'unreadable-command') {
      this.state.positions = { nextStart, nextCommand: input.offset + 1 };
    }
    return recorded;
  }

  /** Goes on with agendas and due timers until nothing is left to do at this time. */
  settle(): readonly Recorded[] {
    const recorded: Recorded[] = [];
    for (;;) {
      const [execution] = this.state.agendas();
      const timer = this.state.nextTimer();
      if (execution !== undefined) recorded.push(...this.input({ kind: 'continue', execution }));
      else if (timer !== undefined && timer.dueMs <= this.nowMs)
        recorded.push(...this.input(timer));
      else return recorded;
    }
  }

  effects(
    recorded: readonly Recorded[],
  ): readonly (Effect & { readonly offset: number; readonly index: number })[] {
    return recorded.flatMap(({ event, offset }) =>
      effectsOf(event).map((effect, index) => ({ ...effect, offset, index })),
    );
  }

  /** The newest execution. */
  get newest(): ExecutionId {
    const created = this.log.findLast(({ event }) => event.type === 'execution.created');
    if (created?.event.type !== 'execution.created') throw new Error('no execution yet');
    return created.event.execution;
  }

  /** A state from the recorded events alone. */
  replayed(): PartitionState {
    const state = this.#emptyState();
    finishRestore(state, -1);
    // Through JSON: what a record does not carry is not state.
    for (const { event, offset } of this.log) {
      state.applyRecorded(JSON.parse(JSON.stringify(event)) as Event, offset);
    }
    state.positions = this.state.positions;
    return state;
  }

  definitions(): Definitions {
    const { flows } = this;
    const of = (namespace: string, id: string): FlowDefinition[] =>
      flows.filter((flow) => flow.namespace === namespace && flow.id === id);
    return {
      revision: (namespace, id, revision) =>
        of(namespace, id).find((flow) => flow.revision === revision),
      head: (namespace, id, before = Number.POSITIVE_INFINITY) =>
        of(namespace, id).findLast(({ offset }) => offset < before),
      catalog: { tasks: new Map(), triggers: new Map() },
      partitions: this.state.partitions,
      globals: this.options.globals ?? {},
    };
  }

  #step(input: Exclude<Input, CommandFailedInput>): readonly Recorded[] {
    const failure = this.failNext;
    this.failNext = undefined;
    let draft = this.state.draft();
    if (failure === undefined) {
      step(draft, input, this.definitions());
    } else {
      draft = this.state.draft();
      step(draft, { kind: 'command-failed', input, message: failure }, this.definitions());
    }
    checkBudgets(draft.events);
    draft.merge();
    for (const [counter, amount] of draft.counters) {
      this.counters.set(counter, (this.counters.get(counter) ?? 0) + amount);
    }
    const recorded = draft.events.map((event) => ({ event, offset: this.#nextOffset++ }));
    this.log.push(...recorded);
    return recorded;
  }

  #emptyState(): PartitionState {
    const { partition = 0, partitions = 1 } = this.options;
    return new PartitionState(partition, partitions);
  }
}

/** A look at an agenda is at most two events; the events of a step fit into one record batch. */
function checkBudgets(events: readonly Event[]): void {
  const eventsMax = limits.stepEvents.value + 1;
  if (events.length > eventsMax) throw new Error(`a step of ${events.length} events`);
  const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);
  if (bytes > limits.batchBytes.value) throw new Error(`a step of ${bytes} bytes`);
}

function defaultStart({
  topic,
  partition,
  offset,
}: {
  topic: string;
  partition: number;
  offset: number;
}): StartRequest {
  return {
    namespace: 'demo',
    flow: 'flow',
    inputs: {},
    labels: {},
    trigger: { type: 'start', id: null, topic, partition, offset },
  };
}
