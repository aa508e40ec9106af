import { expect } from 'vitest';
import type { Command, TaskFinished, TaskStarted } from '../../../src/model/commands.ts';
import { executionId, partitionOf, taskRunId } from '../../../src/model/ids.ts';
import type { TaskType } from '../../../src/model/catalog.ts';
import type { TaskDispatch, WorkerHeartbeat } from '../../../src/model/records.ts';
import type { TaskContext, TaskRunner } from '../../../src/plugin/index.ts';
import type { LogRecord, LogSubscription, TopicName } from '../../../src/ports/log.ts';
import { decodeCommand } from '../../../src/records/commands.ts';
import { encodeCancel } from '../../../src/records/control.ts';
import { encodeDispatch } from '../../../src/records/dispatches.ts';
import { decodeHeartbeat } from '../../../src/records/heartbeats.ts';
import type { JsonObject } from '../../../src/support/json.ts';
import { Worker, type WorkerOptions } from '../../../src/worker/worker.ts';
import { eventually, memoryPorts, type MemoryPorts } from '../../support/memory-ports.ts';

/** A task that waits until its gate is opened or it is aborted. */
export class Gate {
  started = 0;
  readonly signals: AbortSignal[] = [];
  #opened = Promise.withResolvers<undefined>();

  readonly run = async (_properties: JsonObject, { signal }: TaskContext): Promise<JsonObject> => {
    this.started += 1;
    this.signals.push(signal);
    await Promise.race([
      this.#opened.promise,
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      }),
    ]);
    return { done: true };
  };

  open(): void {
    this.#opened.resolve(undefined);
  }
}

/** A worker over the real log, and the executor's side of it: dispatches out, commands back. */
export class WorkerFixture {
  readonly ports: MemoryPorts;
  readonly #subscription: LogSubscription;
  readonly #seen = new Map<TopicName, LogRecord[]>();
  readonly #workers: Worker[] = [];
  #executions = 0;

  private constructor(ports: MemoryPorts) {
    this.ports = ports;
    this.#subscription = ports.log.subscribe({
      onRecords: ({ topic, records }) => {
        this.records(topic).push(...records);
      },
      onOutOfRange: (topic) => {
        throw new Error(`${topic} is out of range`);
      },
    });
    for (const topic of ['commands', 'logs', 'workers', 'dlq'] as const) {
      const partitions = ports.log.partitionCount(topic);
      for (let partition = 0; partition < partitions; partition += 1) {
        this.#subscription.assign(topic, partition, 0);
      }
    }
  }

  static async open(): Promise<WorkerFixture> {
    return new WorkerFixture(await memoryPorts());
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop({ graceMs: 0 })));
    await this.#subscription.close();
    await this.ports.close();
  }

  /** Starts a worker whose only tasks are these. */
  async worker(
    tasks: Readonly<Record<string, TaskRunner>>,
    options: Partial<WorkerOptions> = {},
  ): Promise<Worker> {
    const types = Object.keys(tasks).map((type): [string, TaskType] => [type, taskType(type)]);
    const worker = new Worker({
      ...this.ports,
      membership: this.ports.log.membership,
      secrets: { get: () => undefined },
      variable: () => undefined,
      plugins: {
        task: (type) => {
          const runner = tasks[type];
          return Promise.resolve(runner && { runner, settings: {} });
        },
      },
      catalog: { tasks: new Map(types), triggers: new Map() },
      groups: ['default'],
      slots: 8,
      sessionMs: 600,
      ...options,
    });
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  /** A dispatch of its own execution, with what the case changes. */
  dispatch(changes: Partial<TaskDispatch> = {}): TaskDispatch {
    this.#executions += 1;
    const execution = executionId(String(this.#executions).padStart(26, '0'));
    return {
      execution,
      taskRun: taskRunId(execution, 1),
      task: 'work',
      taskType: 'test.work',
      dispatch: 1,
      attempt: 1,
      namespace: 'test',
      flow: 'flow',
      revision: 1,
      workerGroup: 'default',
      idempotencyKey: `millrace-${execution}-1-1`,
      properties: {},
      deferred: [],
      scheduledAtMs: this.ports.clock.now(),
      ...changes,
    };
  }

  async send(dispatch: TaskDispatch): Promise<void> {
    const partitions = this.ports.log.partitionCount('tasks.default');
    await this.produce(
      'tasks.default',
      partitionOf(dispatch.taskRun, partitions),
      encodeDispatch(dispatch),
    );
  }

  async cancel({ taskRun, dispatch }: TaskDispatch): Promise<void> {
    await this.produce('control.default', 0, encodeCancel({ taskRun, dispatch }));
  }

  async produce(
    topic: TopicName,
    partition: number,
    record: Parameters<ReturnType<MemoryPorts['log']['producer']>['send']>[2],
  ): Promise<void> {
    const producer = this.ports.log.producer();
    expect((await producer.send(topic, partition, record)).kind).toBe('acknowledged');
    producer.close();
  }

  records(topic: TopicName): LogRecord[] {
    let records = this.#seen.get(topic);
    if (records === undefined) {
      records = [];
      this.#seen.set(topic, records);
    }
    return records;
  }

  commands(): readonly Command[] {
    return this.records('commands').flatMap((record) => {
      const command = decodeCommand(record);
      if (!command.ok) throw new Error(command.message);
      return [command.value];
    });
  }

  /** The result of a dispatch, when it is there. */
  async result(dispatch: TaskDispatch): Promise<TaskFinished> {
    return eventually(`the result of ${dispatch.taskRun}`, () =>
      this.commands().find(
        (command): command is TaskFinished =>
          command.type === 'task.finished' &&
          command.taskRun === dispatch.taskRun &&
          command.dispatch === dispatch.dispatch,
      ),
    );
  }

  async lease(dispatch: TaskDispatch): Promise<TaskStarted> {
    return eventually(`the lease of ${dispatch.taskRun}`, () =>
      this.commands().find(
        (command): command is TaskStarted =>
          command.type === 'task.started' && command.taskRun === dispatch.taskRun,
      ),
    );
  }

  heartbeats(): readonly WorkerHeartbeat[] {
    return this.records('workers').flatMap((record) => {
      const heartbeat = decodeHeartbeat(record);
      return heartbeat.ok ? [heartbeat.value] : [];
    });
  }

  /** Every text that left the worker. */
  everythingWritten(): string {
    return [...this.#seen.values()]
      .flat()
      .map(({ value }) => value ?? '')
      .join('\n');
  }
}

function taskType(type: string): TaskType {
  const free = { 'x-kind': 'templated', description: 'Anything.' } as const;
  return {
    type,
    title: type,
    description: type,
    where: 'worker',
    properties: { text: { ...free, type: 'string' }, value: free },
    required: [],
    children: [],
    internal: false,
  };
}
