import { assert } from '../../../support/assert.ts';
import { errorCode, LEADER_NOT_AVAILABLE, UNKNOWN_FATE } from './error-codes.ts';
import { produceRequest, type ProduceBatch, type ProduceResult } from './produce.ts';
import type { ApiRequest } from './request.ts';

/** What the dispatcher needs of a cluster. */
export interface ProduceTransport {
  leaderOf(topic: string, partition: number): number | undefined;
  send<Answer>(nodeId: number, request: ApiRequest<Answer>): Promise<Answer>;
  refreshMetadata(): Promise<void>;
}

/** One batch to be produced. */
export interface ProduceEntry {
  readonly topic: string;
  readonly partition: number;
  /**
   * The encoded batch, asked for once, when its request is made: what arrived while the leader was
   * busy can still go into it. Undefined takes the entry back; no result follows.
   */
  bytes(): Buffer | undefined;
  /**
   * Called once. {@link UNKNOWN_FATE} when no answer came: the batch is in the log, or it is not.
   */
  onResult(result: ProduceResult): void;
}

/**
 * A request stays below this unless a single batch is larger, bytes; brokers take 100 MB by
 * default.
 */
export const PRODUCE_REQUEST_BYTES_MAX = 8 * 1024 * 1024;
/**
 * Entries that may wait for one leader. A lane waits with one, so this many lanes would have to be
 * open.
 */
export const LEADER_QUEUE_MAX = 10_000;

/**
 * Group commit: one Produce request in flight for each leader, and the batches of all that are
 * ready by then in the next one. No time is waited for company; under load the request in flight
 * gives it. Measured on Kafka 4.4: a request for each partition instead has a third of the
 * throughput, a linger only adds its time.
 *
 * A leader is idle, *gathering* (its first entries came in this turn of the event loop; more may
 * follow in it), or *busy* (a request is in flight). The limit is one request a leader, not one for
 * all: a leader that is dead costs its own partitions the request's timeout, and no other partition
 * anything.
 *
 * Nothing is repeated here. What to do at an error is decided by who has the batch, since only they
 * know whether the same bytes may go again (error-codes.ts). Stale leaders are looked up anew,
 * though, for all alike.
 */
export class ProduceDispatcher {
  readonly #transport: ProduceTransport;
  readonly #leaders = new Map<number, LeaderQueue>();
  #isClosed = false;

  constructor(transport: ProduceTransport) {
    this.#transport = transport;
  }

  /** Queues an entry for the leader of its partition. */
  submit(entry: ProduceEntry): void {
    const leader = this.#transport.leaderOf(entry.topic, entry.partition);
    if (leader === undefined) this.#submitLater(entry);
    else this.#queue(leader).add(entry);
  }

  /** Ends what waits with {@link UNKNOWN_FATE}; what is in flight still ends as it does. */
  close(): void {
    this.#isClosed = true;
    for (const queue of this.#leaders.values()) queue.close();
  }

  #queue(leader: number): LeaderQueue {
    let queue = this.#leaders.get(leader);
    if (queue === undefined) {
      queue = new LeaderQueue(leader, this.#transport);
      if (this.#isClosed) queue.close();
      this.#leaders.set(leader, queue);
    }
    return queue;
  }

  /** Without a leader: one look-up, shared by all that have none, then the entry is told. */
  #submitLater(entry: ProduceEntry): void {
    const submit = (): void => {
      const leader = this.#transport.leaderOf(entry.topic, entry.partition);
      if (leader === undefined) fail([entry], LEADER_NOT_AVAILABLE);
      else this.#queue(leader).add(entry);
    };
    this.#transport.refreshMetadata().then(submit, submit);
  }
}

class LeaderQueue {
  readonly #nodeId: number;
  readonly #transport: ProduceTransport;
  #waiting: ProduceEntry[] = [];
  #state: 'idle' | 'gathering' | 'busy' = 'idle';
  #isClosed = false;

  constructor(nodeId: number, transport: ProduceTransport) {
    this.#nodeId = nodeId;
    this.#transport = transport;
  }

  add(entry: ProduceEntry): void {
    if (this.#isClosed) {
      // Not from inside of the call that submits it.
      setImmediate(fail, [entry], UNKNOWN_FATE);
      return;
    }
    assert(this.#waiting.length < LEADER_QUEUE_MAX, 'too many batches wait for one leader');
    this.#waiting.push(entry);
    if (this.#state === 'idle') this.#gather();
  }

  close(): void {
    this.#isClosed = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    setImmediate(fail, waiting, UNKNOWN_FATE);
  }

  #gather(): void {
    this.#state = 'gathering';
    setImmediate(() => void this.#sendReady());
  }

  async #sendReady(): Promise<void> {
    this.#state = 'busy';
    const sent = this.#take();
    if (sent.length > 0) deliver(sent, await this.#send(sent.map(({ batch }) => batch)));
    if (this.#waiting.length > 0) this.#gather();
    else this.#state = 'idle';
  }

  /** Takes batches off the queue, first come first served, at most one for each topic-partition. */
  #take(): readonly SentEntry[] {
    const sent: SentEntry[] = [];
    const left: ProduceEntry[] = [];
    const partitions = new Set<string>();
    let size = 0;
    for (const entry of this.#waiting) {
      const name = `${entry.topic}/${entry.partition}`;
      if (partitions.has(name) || size >= PRODUCE_REQUEST_BYTES_MAX) {
        left.push(entry);
        continue;
      }
      const bytes = entry.bytes();
      if (bytes === undefined) continue;
      partitions.add(name);
      size += bytes.length;
      sent.push({ entry, batch: { topic: entry.topic, partition: entry.partition, bytes } });
    }
    this.#waiting = left;
    return sent;
  }

  async #send(batches: readonly ProduceBatch[]): Promise<readonly ProduceResult[]> {
    try {
      const results = await this.#transport.send(this.#nodeId, produceRequest(batches));
      if (results.some(({ code }) => errorCode(code).isStaleMetadata)) this.#refresh();
      return results;
    } catch {
      // Whatever it was, the batches are in the log or not; the transport has logged it.
      this.#refresh();
      return [];
    }
  }

  #refresh(): void {
    this.#transport.refreshMetadata().catch(() => undefined);
  }
}

interface SentEntry {
  readonly entry: ProduceEntry;
  readonly batch: ProduceBatch;
}

/** Gives each entry its result; one that the answer does not name has an unknown fate. */
function deliver(sent: readonly SentEntry[], results: readonly ProduceResult[]): void {
  const byPartition = new Map(results.map((each) => [`${each.topic}/${each.partition}`, each]));
  for (const { entry } of sent) {
    const result = byPartition.get(`${entry.topic}/${entry.partition}`);
    if (result === undefined) fail([entry], UNKNOWN_FATE);
    else entry.onResult(result);
  }
}

function fail(entries: readonly ProduceEntry[], code: number): void {
  for (const entry of entries) {
    const { topic, partition } = entry;
    entry.onResult({ topic, partition, code, baseOffset: -1, logAppendTimeMs: -1 });
  }
}
