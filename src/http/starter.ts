import type { Event } from '../model/events.ts';
import { type ExecutionId, executionId, partitionOf } from '../model/ids.ts';
import { limits } from '../model/limits.ts';
import { apiSource, type StartRequest } from '../model/starts.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventFeed } from '../ports/event-feed.ts';
import type { Log, LogProducer, SendOutcome } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { encodeStart } from '../records/starts.ts';
import { Problem, unavailable } from './problem.ts';
import { UnfinishedStarts } from './unfinished-starts.ts';

export interface StarterOptions {
  readonly log: Log;
  readonly indexer: EventFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly startsUnfinishedMax: number;
}

/** What a start asks for; who sends it and under which id is the starter's to say. */
export type NewStart = Omit<StartRequest, 'executionId' | 'source'>;

export interface Started {
  readonly execution: ExecutionId;
  /** True when the key named an execution that another request has started. */
  readonly duplicate: boolean;
  /** Where the start lies, for commands that might overtake it. */
  readonly start: { readonly topic: 'starts'; readonly partition: number; readonly offset: number };
}

export type ExecutionEnd = Extract<Event, { readonly type: 'execution.ended' }>;

/** How long a start may wait for the log before the caller is told to come again. */
const SEND_DEADLINE_MS = 5_000;
const REMEMBERED_STARTS = 10_000;

/**
 * Sends starts for this process. It is a source (invariant 7): an incarnation of the process, with a count
 * for each target partition, sent in order; so the executor takes each of them once, however often the log
 * had to be asked. A keyed start has no count: its key makes repeats harmless, across processes too, and the
 * id that counts is the one the key's partition answers with.
 */
export class Starter {
  readonly incarnation: string;
  readonly #options: StarterOptions;
  readonly #producer: LogProducer;
  readonly #sequences = new Map<number, number>();
  readonly #unfinished: UnfinishedStarts;
  readonly #origins = new Map<ExecutionId, Started['start']>();

  constructor(options: StarterOptions) {
    this.#options = options;
    this.incarnation = `api/${options.random.id()}`;
    this.#producer = options.log.producer();
    this.#unfinished = new UnfinishedStarts(options.startsUnfinishedMax, (partition) =>
      options.indexer.nextStart(partition),
    );
  }

  /**
   * Resolves once the start is acknowledged; then it will be executed. `onEnd` is registered before the start
   * is sent and called when the execution has ended.
   *
   * @throws {@link Problem} 429 (too many unfinished starts), 503 (log away, or no answer for a key).
   */
  async start(request: NewStart, onEnd?: (end: ExecutionEnd) => void): Promise<Started> {
    this.#unfinished.check(request.namespace);
    return request.idempotencyKey === undefined
      ? this.#startNew(request, onEnd)
      : this.#startKeyed(request, request.idempotencyKey, onEnd);
  }

  /** Where an execution's start lies, when this process has sent it lately. */
  originOf(execution: ExecutionId): Started['start'] | undefined {
    return this.#origins.get(execution);
  }

  close(): void {
    this.#producer.close();
  }

  async #startNew(request: NewStart, onEnd?: (end: ExecutionEnd) => void): Promise<Started> {
    const id = executionId(this.#options.random.id());
    const partition = partitionOf(id, this.#options.log.partitions);
    const sequence = (this.#sequences.get(partition) ?? 0) + 1;
    this.#sequences.set(partition, sequence);
    const source = { id: apiSource(this.incarnation), sequence };
    const stop = this.#onEnd(id, onEnd);
    try {
      const offset = await this.#send({ ...request, executionId: id, source }, partition);
      return this.#remember(id, partition, offset, false);
    } catch (error) {
      stop();
      throw error;
    }
  }

  async #startKeyed(
    request: NewStart,
    key: string,
    onEnd?: (end: ExecutionEnd) => void,
  ): Promise<Started> {
    const { log, random } = this.#options;
    const partition = partitionOf(key, log.partitions);
    let id = executionId(random.id());
    while (partitionOf(id, log.partitions) !== partition) id = executionId(random.id());
    const stop = this.#onEnd(id, onEnd);
    const answer = this.#answerTo(id);
    try {
      const offset = await this.#send({ ...request, executionId: id }, partition);
      const execution = await answer.settled;
      if (execution === undefined) {
        throw unavailable('The start is stored, but no executor has taken it yet; ask again');
      }
      if (execution !== id) {
        stop();
        this.#onEnd(execution, onEnd);
      }
      return this.#remember(execution, partition, offset, execution !== id);
    } catch (error) {
      stop();
      throw error;
    } finally {
      answer.cancel();
    }
  }

  async #send(request: StartRequest, partition: number): Promise<number> {
    const outcome = await this.#producer.send('starts', partition, encodeStart(request), {
      deadlineMs: SEND_DEADLINE_MS,
    });
    if (outcome.kind !== 'acknowledged') throw refusal(outcome);
    this.#unfinished.sent(request.namespace, partition, outcome.offset);
    return outcome.offset;
  }

  #onEnd(id: ExecutionId, onEnd: ((end: ExecutionEnd) => void) | undefined): () => void {
    if (onEnd === undefined) return () => undefined;
    const stop = this.#options.indexer.tail.listen(id, (event) => {
      if (event.type !== 'execution.ended') return;
      stop();
      onEnd(event);
    });
    return stop;
  }

  /** The id that the key's partition answers with, or undefined when it does not in time. */
  #answerTo(id: ExecutionId): { settled: Promise<ExecutionId | undefined>; cancel: () => void } {
    const settled = Promise.withResolvers<ExecutionId | undefined>();
    const stop = this.#options.indexer.tail.listen(id, (event) => {
      if (event.type === 'execution.created') settled.resolve(id);
      else if (event.type === 'start.duplicate') settled.resolve(event.execution);
      else if (event.type === 'start.rejected') {
        settled.reject(new Problem(422, event.reason, event.message));
      }
    });
    const cancelTimer = this.#options.clock.after(limits.keyedAnswerMs.value, () => {
      settled.resolve(undefined);
    });
    // Nobody may be waiting any more when the answer is a rejection.
    settled.promise.catch(() => undefined);
    return {
      settled: settled.promise,
      cancel: () => {
        stop();
        cancelTimer();
      },
    };
  }

  #remember(
    execution: ExecutionId,
    partition: number,
    offset: number,
    duplicate: boolean,
  ): Started {
    const start = { topic: 'starts' as const, partition, offset };
    this.#origins.set(execution, start);
    if (this.#origins.size > REMEMBERED_STARTS) {
      const oldest = this.#origins.keys().next();
      if (oldest.done !== true) this.#origins.delete(oldest.value);
    }
    return { execution, duplicate, start };
  }
}

function refusal(outcome: Exclude<SendOutcome, { readonly kind: 'acknowledged' }>): Problem {
  switch (outcome.kind) {
    case 'refused':
      return outcome.code === 'too-large'
        ? new Problem(413, 'start-too-large', outcome.message)
        : new Problem(500, outcome.code, `The log refuses the start: ${outcome.message}`);
    case 'closed':
      return unavailable('This process is stopping');
    case 'unknown':
      return unavailable(
        'The log did not answer; the start may have been stored. Send it with an Idempotency-Key to be sure',
      );
    case 'expired':
      return unavailable('The log cannot be reached; nothing was stored');
  }
}
