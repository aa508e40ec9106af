import type { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import type { Ports } from '../../src/compose/ports.ts';
import { catalogOf } from '../../src/compose/wire.ts';
import { FlowFollower } from '../../src/executor/flow-follower.ts';
import {
  type ExecutionEnd,
  type NewStart,
  type Started,
  Starter,
} from '../../src/trigger/starter.ts';
import { Indexer } from '../../src/indexer/indexer.ts';
import type { EndExecution, ReplyAddress } from '../../src/model/commands.ts';
import { partitionOf } from '../../src/model/ids.ts';
import type { LogProducer } from '../../src/ports/log.ts';
import { encodeCommand } from '../../src/records/commands.ts';

/** An api process in one of its lives: all of the product's but the sockets. */
export class Api {
  readonly flows: FlowFollower;
  readonly #ports: Ports;
  readonly #indexer: Indexer;
  readonly #starter: Starter;
  readonly #producer: LogProducer;
  #requests = 0;

  constructor(ports: Ports, views: SqliteViews, startsUnfinishedMax: number) {
    this.#ports = ports;
    this.flows = new FlowFollower({ ...ports, catalog: catalogOf(ports.plugins.manifests) });
    this.#indexer = new Indexer({ ...ports, store: views });
    this.#starter = new Starter({ ...ports, indexer: this.#indexer, startsUnfinishedMax });
    this.#producer = ports.log.producer();
  }

  /** Resolves when it may answer requests. */
  async start(): Promise<void> {
    await Promise.all([this.flows.current(), this.#indexer.start()]);
    await this.#indexer.caughtUp;
  }

  startExecution(
    request: Omit<NewStart, 'flowsOffset'>,
    onEnd: (end: ExecutionEnd) => void,
  ): Promise<Started & { readonly flowsOffset: number }> {
    const flowsOffset = this.flows.registry.nextOffset;
    return this.#starter
      .start({ ...request, flowsOffset }, { onEnd })
      .then((started) => ({ ...started, flowsOffset }));
  }

  /** @returns what an answer to it will say, once it is in the log. */
  async endExecution(command: EndExecution): Promise<ReplyAddress | undefined> {
    this.#requests += 1;
    const replyTo = { requester: this.#starter.incarnation, request: String(this.#requests) };
    const { execution } = command;
    const partition = partitionOf(execution, this.#ports.log.partitions);
    const record = encodeCommand({ ...command, replyTo });
    const sent = await this.#producer.send('commands', partition, record);
    return sent.kind === 'acknowledged' ? replyTo : undefined;
  }

  async stop(): Promise<void> {
    this.#starter.close();
    this.#producer.close();
    await this.#indexer.stop();
    await this.flows.close();
  }
}
