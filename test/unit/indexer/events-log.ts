import type { Event } from '../../../src/model/events.ts';
import { type ExecutionId, partitionOf, taskRunId } from '../../../src/model/ids.ts';
import type { Log, PartitionWriter } from '../../../src/ports/log.ts';
import { encodeEvent, encodePartitionOpened } from '../../../src/records/events.ts';
import { encodeLogLine } from '../../../src/records/logs.ts';

/** Writes events as an executor that owns a partition does. */
export class Owner {
  readonly #writer: PartitionWriter;
  readonly #epoch: number;
  #batch = 0;

  private constructor(writer: PartitionWriter, epoch: number) {
    this.#writer = writer;
    this.#epoch = epoch;
  }

  static async open(log: Log, partition: number): Promise<Owner> {
    const writer = await log.writer(partition);
    const opened = await writer.append('events', [
      encodePartitionOpened({ member: 'm', timeMs: 1 }),
    ]);
    if (opened.kind !== 'committed') throw new Error(`not opened: ${opened.kind}`);
    return new Owner(writer, opened.baseOffset);
  }

  /** One batch; gives the offset of its first event. */
  async append(events: readonly Event[], nextStart = 0): Promise<number> {
    const position = { epoch: this.#epoch, batch: this.#batch, nextStart };
    const rest = { nextCommand: 0, confirmed: -1 };
    const records = events.map((event, index) =>
      encodeEvent(event, { ...position, ...rest, index }),
    );
    const outcome = await this.#writer.append('events', records);
    if (outcome.kind !== 'committed') throw new Error(`not appended: ${outcome.kind}`);
    this.#batch += 1;
    return outcome.baseOffset;
  }
}

/** An execution that begins, runs a task and ends. */
export function lifeOf(execution: ExecutionId, flow = 'order'): readonly Event[] {
  const about = {
    namespace: 'shop',
    flow,
    revision: 1,
    labels: {},
    trigger: { type: 'api', id: null },
    startedAtMs: 1_000,
  };
  const happened = { time: 1_000, cause: { kind: 'continue' as const }, execution };
  const { namespace, revision, labels, trigger } = about;
  const pinned = { flowOffset: 0, flowSha256: '', inputs: {}, variables: {}, globals: {} };
  const outputs = { done: true };
  return [
    {
      ...happened,
      ...pinned,
      ...{ namespace, flow, revision, labels, trigger },
      type: 'execution.created',
      tasks: 1,
      seq: 1,
    },
    {
      ...happened,
      ...{ run: 1, parent: 0, task: 'say', taskType: 'log', attempt: 1, outputs: {} },
      type: 'task.ended',
      seq: 2,
      about: { ...about, state: 'RUNNING' },
      state: 'SUCCESS',
    },
    {
      ...happened,
      type: 'execution.ended',
      seq: 3,
      about: { ...about, state: 'SUCCESS' },
      state: 'SUCCESS',
      outputs,
    },
  ];
}

let lines = 0;

export async function appendLine(
  log: Log,
  execution: ExecutionId,
  message: string,
  number = lines++,
): Promise<number> {
  const producer = log.producer();
  const record = encodeLogLine({
    execution,
    taskRun: taskRunId(execution, 1),
    task: 'say',
    dispatch: 1,
    number,
    level: 'info',
    message,
    timeMs: 5,
  });
  const sent = await producer.send('logs', partitionOf(execution, log.partitions), record);
  producer.close();
  if (sent.kind !== 'acknowledged') throw new Error(`not sent: ${sent.kind}`);
  return sent.offset;
}
