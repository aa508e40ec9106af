import type { Event } from '../model/events.ts';
import { type ExecutionId, executionId, partitionOf } from '../model/ids.ts';
import { limits } from '../model/limits.ts';
import { apiSource, type StartRequest } from '../model/starts.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogProducer, OutgoingRecord, SendOutcome } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { encodeStart } from '../records/starts.ts';
import { checkStartSize, isLargeStart, storeLargeValues } from './large-starts.ts';
import { RecentStarts, type StartPlace } from './recent-starts.ts';
import type { StartsFeed } from './starts-feed.ts';
import { StartRefused, startUnavailable } from './start-refused.ts';
import { type CountedStart, UnfinishedStarts } from './unfinished-starts.ts';

export interface StarterOptions {
  readonly log: Log;
  readonly indexer: StartsFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly blobs: BlobStore;
  readonly startsUnfinishedMax: number;
}

/** What a start asks for; who sends it and under which id is the starter's to say. */
export type NewStart = Omit<StartRequest, 'executionId' | 'source'>;

export interface Started {
  readonly execution: ExecutionId;
  /** True when the key named an execution that another request has started. */
  readonly duplicate: boolean;
  /** Where the start lies, for commands that might overtake it. */
  readonly start: StartPlace;
  /** Nobody waits for the end any more. */
  readonly stopWaiting: () => void;
}

export type ExecutionEnd = Extract<Event, { readonly type: 'execution.ended' }>;

/** Told when the execution has ended; or, instead, that an executor made none of the start. */
export interface StartWatcher {
  onEnd(end: ExecutionEnd): void;
  onRejected?(refusal: StartRefused): void;
}

interface KeyedOptions {
  readonly counted: CountedStart;
  readonly watcher: StartWatcher | undefined;
  readonly unanswered: 'refuse' | 'stored';
}

/** How long a start may wait for the log before the caller is told to come again. */
const SEND_DEADLINE_MS = 5_000;

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
  readonly #recent = new RecentStarts();

  constructor(options: StarterOptions) {
    this.#options = options;
    this.incarnation = options.random.id();
    this.#producer = options.log.producer();
    this.#unfinished = new UnfinishedStarts(options.startsUnfinishedMax, (partition) =>
      options.indexer.nextStart(partition),
    );
  }

  /**
   * Resolves once the start is acknowledged; then it will be executed. The watcher is registered before the
   * start is sent.
   *
   * @param unanswered what a keyed start comes to whose key nobody answers for in time: `refuse` it, since the
   *   caller wants its id, or take it as `stored`.
   * @throws {@link StartRefused} `too-large`, `invalid` (an executor refuses it), `busy` (too many unfinished
   *   starts), `unavailable` (log away, or no answer for a key).
   */
  async start(
    request: NewStart,
    watcher?: StartWatcher,
    unanswered: 'refuse' | 'stored' = 'refuse',
  ): Promise<Started> {
    const { idempotencyKey: key } = request;
    const counted = this.#unfinished.begin(request.namespace);
    try {
      return key === undefined
        ? await this.#startNew(request, counted, watcher)
        : await this.#startKeyed(request, key, { counted, watcher, unanswered });
    } finally {
      counted.dropped();
    }
  }

  /** What all starts of this process count in. */
  get unfinished(): UnfinishedStarts {
    return this.#unfinished;
  }

  /**
   * The execution that has had the key of a keyed start, which is sent as `id` after this call. Undefined when it
   * is this one, and when no executor answers in time.
   */
  async holderOfKey(id: ExecutionId): Promise<ExecutionId | undefined> {
    const answer = this.#answerTo(id);
    try {
      const execution = await answer.settled;
      return execution === id ? undefined : execution;
    } catch {
      // Refused for another reason, which the executor tells.
      return undefined;
    } finally {
      answer.cancel();
    }
  }

  /** Where an execution's start lies, when this process has sent it lately. */
  originOf(execution: ExecutionId): StartPlace | undefined {
    return this.#recent.find(execution);
  }

  close(): void {
    this.#producer.close();
  }

  async #startNew(
    request: NewStart,
    counted: CountedStart,
    watcher: StartWatcher | undefined,
    isSmaller = false,
  ): Promise<Started> {
    const id = executionId(this.#options.random.id());
    const partition = partitionOf(id, this.#options.log.partitions);
    const sequence = (this.#sequences.get(partition) ?? 0) + 1;
    const source = { id: apiSource(this.incarnation), sequence };
    const { text, record } = encoded({ ...request, executionId: id, source });
    if (!isSmaller && isLargeStart(text)) {
      return this.#startNew(await this.#smaller(request), counted, watcher, true);
    }
    // From here to the send nothing is awaited: numbers go out in their order.
    this.#sequences.set(partition, sequence);
    const stopWaiting = this.#watch(id, watcher);
    try {
      const offset = await this.#send(record, partition, counted);
      return this.#remember(id, partition, offset, { duplicate: false, stopWaiting });
    } catch (error) {
      stopWaiting();
      throw error;
    }
  }

  async #startKeyed(
    request: NewStart,
    key: string,
    { counted, watcher, unanswered }: KeyedOptions,
  ): Promise<Started> {
    const { log, random } = this.#options;
    const partition = partitionOf(key, log.partitions);
    let id = executionId(random.id());
    while (partitionOf(id, log.partitions) !== partition) id = executionId(random.id());
    let start = encoded({ ...request, executionId: id });
    if (isLargeStart(start.text)) {
      start = encoded({ ...(await this.#smaller(request)), executionId: id });
    }
    let stopWaiting = this.#watch(id, watcher);
    const answer = this.#answerTo(id);
    try {
      const offset = await this.#send(start.record, partition, counted);
      const answered = await answer.settled;
      if (answered === undefined && unanswered === 'refuse') {
        throw startUnavailable('The start is stored, but no executor has taken it yet; ask again');
      }
      const execution = answered ?? id;
      const duplicate = execution !== id;
      if (duplicate) {
        stopWaiting();
        stopWaiting = this.#watch(execution, watcher);
      }
      return this.#remember(execution, partition, offset, { duplicate, stopWaiting });
    } catch (error) {
      stopWaiting();
      throw error;
    } finally {
      answer.cancel();
    }
  }

  /** @throws {@link StartRefused} `too-large` when it still is. */
  async #smaller(request: NewStart): Promise<NewStart> {
    const smaller = await storeLargeValues(request, this.#options.blobs);
    checkStartSize(JSON.stringify(smaller));
    return smaller;
  }

  async #send(record: OutgoingRecord, partition: number, counted: CountedStart): Promise<number> {
    const outcome = await this.#producer.send('starts', partition, record, {
      deadlineMs: SEND_DEADLINE_MS,
    });
    if (outcome.kind !== 'acknowledged') throw refusal(outcome);
    counted.sent(partition, outcome.offset);
    return outcome.offset;
  }

  #watch(id: ExecutionId, watcher: StartWatcher | undefined): () => void {
    if (watcher === undefined) return () => undefined;
    const stop = this.#options.indexer.tail.listen(id, (event) => {
      if (event.type === 'execution.ended') {
        stop();
        watcher.onEnd(event);
      } else if (event.type === 'start.rejected') {
        stop();
        watcher.onRejected?.(rejection(event));
      }
    });
    return stop;
  }

  /** The id that the key's partition answers with, or undefined when it does not in time. */
  #answerTo(id: ExecutionId): { settled: Promise<ExecutionId | undefined>; cancel: () => void } {
    const settled = Promise.withResolvers<ExecutionId | undefined>();
    const stop = this.#options.indexer.tail.listen(id, (event) => {
      if (event.type === 'execution.created') settled.resolve(id);
      else if (event.type === 'start.duplicate') settled.resolve(event.execution);
      else if (event.type === 'start.rejected') settled.reject(rejection(event));
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
    rest: Pick<Started, 'duplicate' | 'stopWaiting'>,
  ): Started {
    const start: StartPlace = { topic: 'starts', partition, offset };
    // A duplicate's start lies elsewhere, and was taken.
    if (!rest.duplicate) this.#recent.add(execution, start);
    return { execution, start, ...rest };
  }
}

function encoded(start: StartRequest): { readonly text: string; readonly record: OutgoingRecord } {
  const record = encodeStart(start);
  return { text: record.value ?? '', record };
}

function rejection(event: Extract<Event, { readonly type: 'start.rejected' }>): StartRefused {
  return new StartRefused('invalid', event.reason, event.message, { isExecutors: true });
}

function refusal(outcome: Exclude<SendOutcome, { readonly kind: 'acknowledged' }>): StartRefused {
  switch (outcome.kind) {
    case 'refused':
      return outcome.code === 'too-large'
        ? new StartRefused('too-large', 'start-too-large', outcome.message)
        : new StartRefused('fault', outcome.code, `The log refuses the start: ${outcome.message}`);
    case 'closed':
      return startUnavailable('This process is stopping');
    case 'unknown':
      return startUnavailable(
        'The log did not answer; the start may have been stored. Send it with an Idempotency-Key to be sure',
      );
    case 'expired':
      return startUnavailable('The log cannot be reached; nothing was stored');
  }
}
