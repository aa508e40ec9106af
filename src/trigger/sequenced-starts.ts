/**
 * Starts that carry the position of what caused them (invariant 7): the target keeps the highest sequence of each
 * source, so an event may be sent again after a crash, by whichever process, and starts one execution.
 *
 * That holds only while every sender sends the events of a source to a target in their order and leaves none out.
 * So the starts of one source stand in one line: a start waits for those before it to be handed to the log (not
 * for their acknowledgement), and after one that could not be handed over none follows. The log's lanes keep the
 * order from there, and repeat without end: no start of ours has a deadline.
 *
 * Where a start goes follows from source and sequence alone, never from the flow: another revision sends it to
 * the same place.
 */
import { type ExecutionId, executionId, partitionOf } from '../model/ids.ts';
import type { SourcePosition, StartRequest } from '../model/starts.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { Log, LogProducer, SendOutcome } from '../ports/log.ts';
import { encodeStart } from '../records/starts.ts';
import { assert } from '../support/assert.ts';
import { idOf } from '../support/digest.ts';
import { checkStartSize, isLargeStart, storeLargeValues } from './large-starts.ts';
import { StartRefused } from './start-refused.ts';
import type { NewStart } from './starter.ts';
import type { CountedStart, UnfinishedStarts } from './unfinished-starts.ts';

export interface SequencedStartsOptions {
  readonly log: Pick<Log, 'partitions'>;
  readonly producer: LogProducer;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  readonly unfinished: UnfinishedStarts;
}

export interface SequencedStart {
  readonly start: NewStart;
  readonly position: SourcePosition;
  /** Where all starts of the source go; undefined: it follows from each position. */
  readonly partition?: number;
  /** Called before it is sent. */
  readonly onPlaced?: (execution: ExecutionId) => void;
}

/** How often a namespace that is held back is looked at again. */
const HELD_MS = 50;
const DRAWS_A_PARTITION = 64;

/** The line of one source. Made for one run of its trigger. */
export class SourceLine {
  readonly #options: SequencedStartsOptions;
  readonly #signal: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SequencedStartsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Resolves when the start is acknowledged. Calls must come in the order of their sequences.
   *
   * @throws {@link StartRefused} for one that can never be taken; those behind it go on. The signal's reason
   *   when the trigger stops: whether it was stored is not known.
   */
  async send(sequenced: SequencedStart): Promise<ExecutionId> {
    const handed = this.#last.then(() => this.#hand(sequenced));
    this.#last = handed.catch((error: unknown) => {
      if (!(error instanceof StartRefused)) throw error;
    });
    // Whoever stands behind learns of it; nobody may.
    this.#last.catch(() => undefined);
    const { execution, outcome } = await handed;
    const sent = await outcome;
    if (sent.kind === 'acknowledged') return execution;
    if (sent.kind !== 'refused') throw this.#stopped(sent.kind);
    throw sent.code === 'too-large'
      ? new StartRefused('too-large', 'start-too-large', sent.message)
      : new StartRefused('fault', sent.code, `The log refuses the start: ${sent.message}`);
  }

  /** Resolves when it is in its lane of the log. */
  async #hand({ start, position, partition, onPlaced }: SequencedStart): Promise<{
    readonly execution: ExecutionId;
    readonly outcome: Promise<SendOutcome>;
  }> {
    const { log, producer, blobs } = this.#options;
    const counted = await this.#whenFree(start.namespace);
    try {
      const place = placeOf(start, position, partition, log.partitions);
      let request: StartRequest = { ...start, ...place.identity };
      let record = encodeStart(request);
      if (isLargeStart(record.value ?? '')) {
        request = await storeLargeValues(request, blobs);
        checkStartSize(JSON.stringify(request));
        record = encodeStart(request);
      }
      this.#signal.throwIfAborted();
      onPlaced?.(place.identity.executionId);
      const outcome = producer.send('starts', place.partition, record).then((sent) => {
        if (sent.kind === 'acknowledged') counted.sent(place.partition, sent.offset);
        else counted.dropped();
        return sent;
      });
      return { execution: place.identity.executionId, outcome };
    } catch (error) {
      counted.dropped();
      throw error;
    }
  }

  /** A namespace with too many unfinished starts is waited for (invariant 13). */
  async #whenFree(namespace: string): Promise<CountedStart> {
    const { unfinished, clock } = this.#options;
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        return unfinished.begin(namespace);
      } catch (error) {
        if (!(error instanceof StartRefused) || error.kind !== 'busy') throw error;
      }
      await sleep(clock, HELD_MS, this.#signal);
    }
  }

  #stopped(kind: string): Error {
    this.#signal.throwIfAborted();
    return new Error(`the log is ${kind}`);
  }
}

interface StartPlace {
  readonly partition: number;
  readonly identity: Pick<StartRequest, 'source'> & { readonly executionId: ExecutionId };
}

/** A keyed start belongs to its key's partition, where the key makes repeats harmless, and carries no position. */
function placeOf(
  { idempotencyKey }: NewStart,
  position: SourcePosition,
  given: number | undefined,
  partitions: number,
): StartPlace {
  if (idempotencyKey !== undefined) {
    const partition = partitionOf(idempotencyKey, partitions);
    return { partition, identity: { executionId: idIn(position, partition, partitions) } };
  }
  const id = executionId(idOf([position.id, String(position.sequence), '0']));
  const partition = given ?? partitionOf(id, partitions);
  const drawn = given === undefined ? id : idIn(position, partition, partitions);
  return { partition, identity: { executionId: drawn, source: position } };
}

/** hash(source, sequence, n), with the first n that falls into the partition. */
function idIn({ id, sequence }: SourcePosition, partition: number, partitions: number) {
  for (let draw = 0; draw < DRAWS_A_PARTITION * partitions; draw += 1) {
    const drawn = executionId(idOf([id, String(sequence), String(draw)]));
    if (partitionOf(drawn, partitions) === partition) return drawn;
  }
  assert(false, `an id for partition ${partition} of ${partitions} is found`);
}
