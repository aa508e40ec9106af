/**
 * Executors over the real log in memory, each as a process of its own: a session that can be stalled, frozen
 * or ended as by kill -9. What the rest of the product would do (start, deploy, answer dispatches) is sent by
 * hand.
 */
import type { FaultPlan } from '../../../src/adapters/faults/faults.ts';
import { type FaultyLog, withFaults } from '../../../src/adapters/faults/faulty-log.ts';
import { FreezableClock } from '../../../src/adapters/faults/freezable-clock.ts';
import { openSqliteLog, type SqliteLog } from '../../../src/adapters/sqlite/log.ts';
import { SystemClock } from '../../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../../src/adapters/system/random.ts';
import { executorTaskTypes } from '../../../src/engine/tasks/index.ts';
import { createExecutor, type Executor } from '../../../src/executor/executor.ts';
import { FlowFollower } from '../../../src/executor/flow-follower.ts';
import type { ExecutorSettings } from '../../../src/executor/settings.ts';
import { buildCatalog, type Catalog, type TaskType } from '../../../src/model/catalog.ts';
import type { Command } from '../../../src/model/commands.ts';
import type { Event } from '../../../src/model/events.ts';
import { type ExecutionId, executionId, partitionOf } from '../../../src/model/ids.ts';
import type { LogRecord, OutgoingRecord, TopicName } from '../../../src/model/log-records.ts';
import type { TaskDispatch, WorkerHeartbeat } from '../../../src/model/records.ts';
import type { StartRequest } from '../../../src/model/starts.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { LogFields, Logger } from '../../../src/ports/logger.ts';
import { encodeCommand } from '../../../src/records/commands.ts';
import { decodeDispatch } from '../../../src/records/dispatches.ts';
import { encodeFlow } from '../../../src/records/flows.ts';
import { encodeHeartbeat } from '../../../src/records/heartbeats.ts';
import { type AcceptedRecord, ReaderRule } from '../../../src/records/reader-rule.ts';
import { encodeStart } from '../../../src/records/starts.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { eventually, noMetrics, silentLogger } from '../../support/memory-ports.ts';

export { eventually };

const charge: TaskType = {
  type: 'test.charge',
  title: 'Charge',
  description: 'A task that a worker runs.',
  where: 'worker',
  properties: { amount: { type: 'number', 'x-kind': 'templated' } },
  required: [],
  children: [],
  internal: false,
};

export const catalog: Catalog = buildCatalog({
  tasks: [...executorTaskTypes, charge],
  triggers: [],
});

/** Two executor-run tasks: `b01`. */
export const quickFlow = `
id: quick
namespace: demo
inputs: [{ id: n, type: int, defaults: 1 }]
tasks:
  - { id: sum, type: output, values: { total: << inputs.n + 1 >> } }
  - { id: said, type: log, message: "total << outputs.sum.total >>" }
outputs: [{ id: total, type: int, value: << outputs.sum.total >> }]
`;

export const workFlow = `
id: work
namespace: demo
tasks: [{ id: charge, type: test.charge, amount: 5 }]
`;

export function sleepFlow(duration: string): string {
  return `
id: nap
namespace: demo
tasks: [{ id: nap, type: sleep, duration: ${duration} }]
`;
}

export const testSettings: Partial<ExecutorSettings> = {
  sessionMs: 400,
  checkpointIntervalMs: 3_600_000,
};

export interface ClusterOptions {
  readonly partitions?: number;
  readonly fence?: boolean;
  readonly logger?: Logger;
}

export interface NodeOptions {
  /** Faults of its log. */
  readonly plan?: FaultPlan;
  /** Its replica of `flows` hears nothing before. */
  readonly flowsHeld?: Promise<void>;
}

/** One executor and what only its process has. */
export interface Node {
  readonly executor: Executor;
  readonly log: FaultyLog;
  readonly flows: FlowFollower;
  /** Lines of its log at info and above. */
  readonly lines: readonly LogLine[];
  /** As SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** As kill -9. */
  crash(): void;
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

export class Cluster {
  readonly log: SqliteLog;
  readonly #random = new SystemRandom();
  readonly #nodes = new Set<Node>();

  private constructor(log: SqliteLog) {
    this.log = log;
  }

  static async open(options: ClusterOptions = {}): Promise<Cluster> {
    const { partitions = 1, fence = true, logger = silentLogger } = options;
    const topics = topicSpecs({ partitions, workerGroups: ['default'] });
    const clock = new SystemClock();
    const log = await openSqliteLog({ file: ':memory:', topics, clock, logger, fence });
    return new Cluster(log);
  }

  async close(): Promise<void> {
    for (const { executor } of this.#nodes) await executor.stop({ drainMs: 0 });
    await this.log.close();
  }

  /** Starts an executor; resolves when it has joined, not when its partitions are open. */
  async executor(
    settings: Partial<ExecutorSettings> = {},
    { plan = {}, flowsHeld }: NodeOptions = {},
  ): Promise<Node> {
    const node = this.#node(settings, plan, flowsHeld);
    this.#nodes.add(node);
    await node.executor.start();
    return node;
  }

  /** Starts an executor and waits until all its partitions are at work. */
  async running(settings: Partial<ExecutorSettings> = {}): Promise<Node> {
    const node = await this.executor(settings);
    await eventually('the executor runs', () => node.executor.status().ready);
    return node;
  }

  #node(settings: Partial<ExecutorSettings>, plan: FaultPlan, flowsHeld?: Promise<void>): Node {
    const clock = new FreezableClock(new SystemClock());
    const session = this.log.session({ clock });
    const log = withFaults(session, { plan, random: this.#random, clock });
    const lines: LogLine[] = [];
    const logger = recordingLogger(lines);
    const flows = new FlowFollower({ log: heldUntil(log, flowsHeld), logger, catalog });
    const executor = createExecutor({
      log,
      membership: session.membership,
      clock,
      random: this.#random,
      logger,
      metrics: noMetrics,
      flows,
      catalog,
      globals: {},
      settings: { ...testSettings, ...settings },
    });
    const node: Node = {
      executor,
      log,
      flows,
      lines,
      freeze() {
        clock.freeze();
        log.freeze();
      },
      thaw() {
        clock.thaw();
        log.thaw();
      },
      crash: () => {
        this.#nodes.delete(node);
        clock.freeze();
        log.crash();
      },
    };
    return node;
  }

  async send(topic: TopicName, partition: number, record: OutgoingRecord): Promise<number> {
    const outcome = await this.log.producer().send(topic, partition, record);
    if (outcome.kind !== 'acknowledged') throw new Error(`${topic}: ${outcome.kind}`);
    return outcome.offset;
  }

  /** @returns the end of `flows` after it. */
  async deploy(source: string): Promise<number> {
    const [, id = ''] = /^id: (\S+)$/m.exec(source) ?? [];
    const record = encodeFlow({ namespace: 'demo', flow: id, source });
    return (await this.send('flows', 0, record)) + 1;
  }

  /** A start as the API sends it: with an id that belongs to the partition. */
  async start(flow: string, more: Partial<StartRequest> = {}, partition = 0): Promise<ExecutionId> {
    let id = executionId(this.#random.id());
    while (partitionOf(id, this.log.partitions) !== partition) id = executionId(this.#random.id());
    await this.send(
      'starts',
      partition,
      encodeStart({ ...startOf(flow), executionId: id, ...more }),
    );
    return id;
  }

  async command(command: Command): Promise<number> {
    const partition = partitionOf(command.execution, this.log.partitions);
    return this.send('commands', partition, encodeCommand(command));
  }

  /** What a worker answers to a dispatch. */
  async finish({ execution, taskRun, dispatch }: TaskDispatch, worker = 'w1'): Promise<void> {
    await this.command({
      type: 'task.finished',
      execution,
      taskRun,
      dispatch,
      worker,
      result: { state: 'SUCCESS', outputs: {} },
      startedAtMs: 1,
      endedAtMs: 2,
    });
  }

  async heartbeat(worker: string, more: Partial<WorkerHeartbeat> = {}): Promise<void> {
    const heartbeat: WorkerHeartbeat = {
      worker,
      workerGroup: 'default',
      host: 'test',
      processId: 1,
      slots: 8,
      running: 0,
      leases: [],
      sessionMs: 400,
      leaving: false,
      ...more,
    };
    await this.send('workers', 0, encodeHeartbeat(heartbeat));
  }

  async records(topic: TopicName, partition = 0): Promise<readonly LogRecord[]> {
    const { start, end } = await this.log.bounds(topic, partition);
    const records: LogRecord[] = [];
    for await (const page of this.log.read(topic, partition, start, end)) records.push(...page);
    return records;
  }

  /** What counts of a partition of `events`, by the reader rule. */
  async accepted(partition = 0): Promise<readonly { offset: number; record: AcceptedRecord }[]> {
    const rule = new ReaderRule();
    return (await this.records('events', partition)).flatMap((read) => {
      const record = rule.accept(read);
      return record === undefined ? [] : [{ offset: read.offset, record }];
    });
  }

  async events(partition = 0): Promise<readonly Event[]> {
    return (await this.accepted(partition)).flatMap(({ record }) =>
      record.kind === 'event' ? [record.event] : [],
    );
  }

  async dispatches(): Promise<readonly TaskDispatch[]> {
    const all: TaskDispatch[] = [];
    for (let at = 0; at < this.log.partitionCount('tasks.default'); at++) {
      for (const record of await this.records('tasks.default', at)) {
        const dispatch = decodeDispatch(record);
        if (dispatch.ok) all.push(dispatch.value);
      }
    }
    return all;
  }

  /** Waits for an event; fails with what was wanted. */
  async event<Type extends Event['type']>(
    type: Type,
    of: (event: Extract<Event, { type: Type }>) => boolean = () => true,
    partition = 0,
  ): Promise<Extract<Event, { type: Type }>> {
    return eventually(`an event ${type}`, async () => {
      const events = await this.events(partition);
      // The type was just compared; the compiler does not carry it into the union.
      return events.find(
        (event): event is Extract<Event, { type: Type }> =>
          event.type === type && of(event as Extract<Event, { type: Type }>),
      );
    });
  }

  async ended(execution: ExecutionId, partition = 0) {
    return this.event('execution.ended', (event) => event.execution === execution, partition);
  }
}

/** A log whose subscriptions hear nothing until the promise resolves. */
export function heldUntil(log: Log, held: Promise<void> | undefined): Log {
  if (held === undefined) return log;
  return {
    partitions: log.partitions,
    partitionCount: (topic) => log.partitionCount(topic),
    writer: (...args) => log.writer(...args),
    producer: () => log.producer(),
    read: (...args) => log.read(...args),
    bounds: (...args) => log.bounds(...args),
    close: () => log.close(),
    subscribe: (subscriber) =>
      log.subscribe({
        onRecords: (batch) => void held.then(() => subscriber.onRecords(batch)),
        onOutOfRange: (...args) => subscriber.onOutOfRange(...args),
      }),
  };
}

export function startOf(flow: string): StartRequest {
  const trigger = { type: 'api', id: null };
  return { namespace: 'demo', flow, inputs: {}, labels: {}, trigger };
}

function recordingLogger(lines: LogLine[]): Logger {
  const at = (level: LogLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message });
  };
  const logger: Logger = {
    debug: () => undefined,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}
