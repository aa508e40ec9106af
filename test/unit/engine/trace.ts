/**
 * Golden traces: a file of text commands, `----`, and what the engine does with them, in the compact log.
 *
 *     flow                      the indented YAML below is deployed as the next revision of its id
 *     flow-unchecked            as flow, for one that validation refuses
 *     partition 0 of 12         before anything else; 0 of 1 without it
 *     globals {"region":"eu"}   before anything else
 *     start FLOW [JSON inputs] [key=…] [label=name:value] [source=id:n] [id=…] [flows=offset] [at=partition]
 *           [trigger=id] [overlap=skip]
 *     start-unreadable MESSAGE
 *     forwarded FLOW [JSON inputs] key=… source=id:n
 *     result TASK SUCCESS|WARNING|FAILED|KILLED [JSON outputs or error] [dispatch=n] [outcome=unknown]
 *     started TASK worker=… [dispatch=n]
 *     … iteration=n             of these two: in which iteration of the loop around the task
 *     kill|cancel [reply=…] [source=id:n] [start=offset] [id=…] [reason=…]
 *     unreadable MESSAGE        a record of `commands` that is none
 *     tick DURATION             time goes on; due timers fire
 *     back DURATION             the broker's clock goes back
 *     settle                    agendas go on (they do by themselves after every command, but for `hold`)
 *     hold                      from here on agendas wait for `settle`
 *     worker-gone WORKER
 *     stale TASK
 *     refuse KIND CODE          the newest effect of that kind is refused
 *     fail-next MESSAGE         the next input throws
 *     fill FIELD BYTES          later `$FIELD` in JSON is a text of that size
 *     effects                   from here on effects are shown
 *     show state|counters
 *
 * Commands that begin with `#` are comments. After each trace the state is compared with a replay.
 */
import { formatEvent, shortId } from '../../../src/engine/compact-log.ts';
import type { FlowDefinition } from '../../../src/flow/definition.ts';
import type { Command } from '../../../src/model/commands.ts';
import { executionId, type ExecutionId, taskRunId } from '../../../src/model/ids.ts';
import { isOpen } from '../../../src/engine/state/execution.ts';
import { parseDuration } from '../../../src/support/duration.ts';
import { Engine, type EngineOptions, type Recorded } from './engine.ts';
import { effectText } from './effect-text.ts';
import { type Line, readLines } from './trace-line.ts';
import { resultOf, sourceOf, startOf } from './trace-values.ts';
import { flowFromYaml } from './flows.ts';
import { uncheckedFlow } from './unchecked-flow.ts';

export class Trace {
  engine = new Engine();
  readonly output: string[] = [];
  readonly #fills = new Map<string, string>();
  #options: EngineOptions = {};
  #showEffects = false;
  #settles = true;
  #flowOffset = 0;

  run(commands: string): string {
    for (const line of readLines(commands, this.#fills)) {
      this.output.push(`> ${line.text}`);
      this.#show(this.#perform(line));
      if (this.#settles && !SILENT.has(line.name)) this.#show(this.engine.settle());
    }
    return `${this.output.join('\n')}\n`;
  }

  #perform(line: Line): readonly Recorded[] {
    const command = this.#commands[line.name];
    if (command === undefined) throw new Error(`unknown command: ${line.text}`);
    return command(line) ?? [];
  }

  readonly #commands: Readonly<Record<string, (line: Line) => readonly Recorded[] | undefined>> = {
    flow: ({ body }) => this.#deploy(body, flowFromYaml),
    'flow-unchecked': ({ body }) => this.#deploy(body, uncheckedFlow),
    partition: ({ words: [partition, , partitions] }) =>
      this.#begin({ partition: Number(partition), partitions: Number(partitions) }),
    globals: ({ json }) => this.#begin({ globals: json ?? {} }),
    start: (line) =>
      this.engine.start(
        startOf(line),
        Number(line.options.get('at') ?? this.engine.state.partition),
      ),
    'start-unreadable': ({ words }) => this.engine.start({ unreadable: words.join(' ') }),
    forwarded: (line) => this.#forwarded(line),
    result: (line) => this.engine.command(this.#resultOf(line)),
    started: (line) => {
      const { execution, taskRun, dispatch } = this.#runOf(line);
      const worker = line.options.get('worker') ?? 'w1';
      return this.engine.command({ type: 'task.started', execution, taskRun, dispatch, worker });
    },
    kill: (line) => this.engine.command(this.#endOf('execution.kill', line)),
    cancel: (line) => this.engine.command(this.#endOf('execution.cancel', line)),
    unreadable: ({ words }) => this.#unreadable(words.join(' ')),
    tick: ({ words: [duration = ''] }) => {
      this.engine.nowMs += parseDuration(duration) ?? Number.NaN;
      return [];
    },
    back: ({ words: [duration = ''] }) => {
      this.engine.nowMs -= parseDuration(duration) ?? Number.NaN;
      return [];
    },
    settle: () => this.engine.settle(),
    hold: () => {
      this.#settles = false;
      return [];
    },
    'worker-gone': ({ words: [worker = 'w1'] }) => {
      const executions = this.engine.state.leasesOf(worker);
      const timeMs = this.engine.nowMs;
      return executions.flatMap((execution) =>
        this.engine.input({ kind: 'worker-gone', timeMs, worker, execution }),
      );
    },
    stale: (line) => {
      const { nowMs, state } = this.engine;
      const { execution, ordinal } = this.#runOf(line);
      const stale = state.staleDispatches(nowMs, nowMs, 100);
      const due = stale.filter((entry) => entry.execution === execution && entry.run === ordinal);
      return due.flatMap((input) => this.engine.input(input));
    },
    refuse: ({ words: [kind, code = 'too-large'] }) => this.#refuse(kind, code),
    'fail-next': ({ words }) => {
      this.engine.failNext = words.join(' ');
      return [];
    },
    fill: ({ words: [name = '', bytes] }) => {
      this.#fills.set(name, 'x'.repeat(Number(bytes)));
      return [];
    },
    effects: () => {
      this.#showEffects = true;
      return [];
    },
    show: ({ words: [what] }) => {
      this.output.push(...(what === 'counters' ? this.#counterLines() : this.#stateLines()));
      return [];
    },
  };

  #deploy(
    source: string,
    read: (source: string, revision: number, offset: number) => FlowDefinition,
  ): readonly Recorded[] {
    const { key } = read(source, 1, 0);
    const revision = 1 + this.engine.flows.filter((flow) => flow.key === key).length;
    this.engine.deploy(read(source, revision, this.#flowOffset++));
    return [];
  }

  #begin(options: EngineOptions): readonly Recorded[] {
    this.#options = { ...this.#options, ...options };
    this.engine = new Engine(this.#options);
    return [];
  }

  #forwarded(line: Line): readonly Recorded[] {
    const start = startOf(line);
    const { source, ...rest } = start;
    const origin = { topic: 'starts', partition: 1, offset: 7 };
    return this.engine.command({
      type: 'start.forwarded',
      execution: start.executionId ?? executionId('0'.repeat(26)),
      start: {
        ...rest,
        namespace: rest.namespace ?? '',
        flow: rest.flow ?? '',
        inputs: rest.inputs ?? {},
        labels: rest.labels ?? {},
        trigger: { type: 'start', id: null },
      },
      origin,
      timeMs: this.engine.nowMs,
      source: source ?? { id: 'events/1', sequence: 0 },
    });
  }

  #resultOf(line: Line): Command {
    const { execution, taskRun, dispatch } = this.#runOf(line);
    const result = resultOf(line.words[1], line.json ?? {}, line.options);
    return {
      type: 'task.finished',
      execution,
      taskRun,
      dispatch,
      worker: line.options.get('worker') ?? 'w1',
      result,
      startedAtMs: this.engine.nowMs,
      endedAtMs: this.engine.nowMs,
    };
  }

  #endOf(type: 'execution.kill' | 'execution.cancel', { options }: Line): Command {
    const reply = options.get('reply');
    const start = options.get('start');
    const source = sourceOf(options);
    const reason = options.get('reason');
    return {
      type,
      execution: this.#execution(options),
      ...(reason === undefined ? {} : { reason }),
      ...(reply === undefined ? {} : { replyTo: { requester: 'api', request: reply } }),
      ...(source === undefined ? {} : { source }),
      ...(start === undefined
        ? {}
        : {
            start: {
              topic: 'starts',
              partition: this.engine.state.partition,
              offset: Number(start),
            },
          }),
    };
  }

  #unreadable(message: string): readonly Recorded[] {
    const offset = this.engine.state.positions.nextCommand;
    const origin = { topic: 'commands', partition: this.engine.state.partition, offset };
    const timeMs = this.engine.nowMs;
    const reason = 'record-invalid';
    return this.engine.input({
      kind: 'unreadable-command',
      offset,
      timeMs,
      origin,
      reason,
      message,
      preview: '…',
    });
  }

  #refuse(kind: string | undefined, code: string): readonly Recorded[] {
    const effects = this.engine.effects(this.engine.log);
    const refused = effects.findLast((effect) => effect.kind === kind);
    if (refused === undefined) throw new Error(`no effect ${kind ?? ''} to refuse`);
    const { offset, index, ...effect } = refused;
    const timeMs = this.engine.nowMs;
    const message = `the broker said ${code}`;
    return this.engine.input({
      kind: 'effect-refused',
      offset,
      index,
      timeMs,
      effect,
      code,
      message,
    });
  }

  /** The newest run of a task in the newest execution, by the log: its state may be gone. */
  #runOf({ words: [task = ''], options }: Line): {
    readonly execution: ExecutionId;
    readonly ordinal: number;
    readonly taskRun: ReturnType<typeof taskRunId>;
    readonly dispatch: number;
  } {
    const execution = this.#execution(options);
    const iteration = options.get('iteration');
    const scheduled = this.engine.log.findLast(
      ({ event }) =>
        event.type === 'task.scheduled' &&
        event.task === task &&
        event.execution === execution &&
        (iteration === undefined || event.iteration?.index === Number(iteration)),
    );
    if (scheduled?.event.type !== 'task.scheduled') throw new Error(`${task} was not scheduled`);
    const { run: ordinal, dispatch } = scheduled.event;
    const given = options.get('dispatch');
    return {
      execution,
      ordinal,
      taskRun: taskRunId(execution, ordinal),
      dispatch: given === undefined ? dispatch : Number(given),
    };
  }

  #execution(options: ReadonlyMap<string, string>): ExecutionId {
    const id = options.get('id');
    return id === undefined ? this.engine.newest : executionId(id);
  }

  #show(recorded: readonly Recorded[]): void {
    const { partition } = this.engine.state;
    for (const record of recorded) {
      const { event, offset } = record;
      this.output.push(formatEvent(event, { partition, offset }));
      if (!this.#showEffects) continue;
      for (const effect of this.engine.effects([record]))
        this.output.push(`       -> ${effectText(effect)}`);
    }
  }

  #counterLines(): readonly string[] {
    return [...this.engine.counters].map(([name, count]) => `  ${name}: ${count}`);
  }

  #stateLines(): readonly string[] {
    const { state } = this.engine;
    const lines = [
      `  executions: ${state.executionCount}`,
      `  agendas: ${[...state.agendas()].length}`,
    ];
    const timer = state.nextTimer();
    if (timer !== undefined) lines.push(`  next timer: ${new Date(timer.dueMs).toISOString()}`);
    const holders = [...state.leaseHolders()];
    if (holders.length > 0) lines.push(`  leases: ${holders.join(', ')}`);
    for (const [id, { entity }] of state.base.executions) {
      const open = [...entity.runs.values()].filter(isOpen);
      const runs = open.map((run) => `/${run.ordinal} ${run.task} ${run.phase}`);
      lines.push(
        `  ${shortId(id)} ${entity.head.state} agenda=${JSON.stringify([...entity.ready()])} ${runs.join(', ')}`,
      );
    }
    return lines;
  }
}

/** Commands after which nothing goes on by itself. */
const SILENT: ReadonlySet<string> = new Set([
  'show',
  'hold',
  'effects',
  'flow',
  'flow-unchecked',
  'fill',
  'fail-next',
]);
