import type { DeadLetter } from '../model/records.ts';
import type { RecordOrigin, SourcePosition } from '../model/starts.ts';
import type { PauseRecord } from '../model/triggers.ts';
import type { EmitResult, RefusedEvent } from '../plugin/index.ts';
import { sleep } from '../ports/clock.ts';
import { type ExecutionId, partitionOf } from '../model/ids.ts';
import { deadLetterKey, encodeDeadLetter } from '../records/dlq.ts';
import { previewOf } from '../records/preview.ts';
import { encodeTriggerRecord } from '../records/triggers.ts';
import type { JsonObject } from '../support/json.ts';
import type { NewDecision } from './decision-book.ts';
import { NotOurs } from './not-ours.ts';
import type { SourceLine } from './sequenced-starts.ts';
import type { TriggerServices } from './services.ts';
import { StartRefused } from './start-refused.ts';
import type { NewStart } from './starter.ts';
import type { KnownTrigger } from './target.ts';
import { mapEvent, type TriggerEvent } from './trigger-start.ts';

/** The trigger has been paused by an event that it cannot take, or stopped: the event will come again. */
export class TriggerStopped extends Error {
  override readonly name = 'TriggerStopped';
}

/** An event with the place that it came from, for decisions and dead letters. */
export interface PlacedEvent extends TriggerEvent {
  readonly origin: RecordOrigin;
  /** Names the event to people, where its origin does not. */
  readonly subject?: string;
}

export interface SequencedPlace {
  readonly line: SourceLine;
  readonly position: SourcePosition;
  readonly partition?: number;
  readonly overlap?: 'skip';
  /** It was seen before: its position says so to the executor, too. */
  readonly isRepeat?: boolean;
}

interface Sent {
  readonly result: EmitResult;
  /** By a decision, or once it is known. */
  readonly isCounted?: boolean;
}

/** How often a start that the log or the executors hold up is tried again. */
const HELD_UP_MS = 200;

/**
 * What becomes of the events of one run of a trigger: each ends as a start, a decision, or a dead letter, and
 * resolves when that is acknowledged. The flow's head at that moment says what is mapped; a start names it.
 */
export class Delivery {
  readonly #services: TriggerServices;
  readonly #target: KnownTrigger;
  readonly #signal: AbortSignal;
  /** Of an event that pauses the trigger: those behind it, read at the same time, must not overtake it. */
  #pausing: Promise<void> | undefined;

  constructor(services: TriggerServices, target: KnownTrigger, signal: AbortSignal) {
    this.#services = services;
    this.#target = target;
    this.#signal = signal;
  }

  /** Maps at once, so that calls in the order of their sequences stand in the line in this order. */
  sequenced(event: PlacedEvent, place: SequencedPlace): Promise<EmitResult> {
    return this.#deliver(event, async (start) => {
      const { line, position, partition, overlap, isRepeat } = place;
      const sent = overlap === undefined ? start : withOverlap(start, overlap);
      await line.send({
        start: sent,
        position,
        ...(partition === undefined ? {} : { partition }),
        ...(sent.idempotencyKey === undefined
          ? {}
          : { onPlaced: (execution) => void this.#whenTaken(event, execution) }),
      });
      if (sent.idempotencyKey !== undefined) return { result: 'started', isCounted: true };
      return { result: isRepeat === true ? 'duplicate' : 'started' };
    });
  }

  keyed(event: PlacedEvent & { readonly idempotencyKey: string }): Promise<EmitResult> {
    return this.#deliver(event, async (start) => {
      for (;;) {
        this.#signal.throwIfAborted();
        try {
          const { keyed } = this.#services;
          const { duplicate, execution } = await keyed.start(start, undefined, 'stored');
          if (!duplicate) return { result: 'started' };
          // By the event's own key it is this very event that came again, as after a crash.
          const { idempotencyKey } = this.#target.definition;
          if (idempotencyKey === undefined) return { result: 'duplicate' };
          await this.#noteDuplicate(event, execution);
          return { result: 'duplicate', isCounted: true };
        } catch (error) {
          // It carries a key: sent again it is still one start.
          if (!isHeldUp(error)) throw error;
        }
        await sleep(this.#services.clock, HELD_UP_MS, this.#signal);
      }
    });
  }

  /** What the trigger cannot read. */
  async refuse({ reason, message, origin, lastOffset, preview }: RefusedEvent): Promise<void> {
    const last = lastOffset === undefined ? {} : { lastOffset };
    await this.#bury({ reason, message, origin, preview: previewOf(preview), ...last });
    await this.note(reason, message, origin);
  }

  /** A decision: why something starts nothing. */
  note(reason: string, message: string, origin: RecordOrigin): Promise<void> {
    const { flow, definition } = this.#target;
    const { namespace, id } = flow;
    const decision: NewDecision = {
      namespace,
      flow: id,
      trigger: definition.id,
      reason,
      message,
      origin,
    };
    return this.#services.decisions.note(definition.type, decision);
  }

  /**
   * A start with a key carries no position: whether the key is still known, an executor says when it comes to the
   * start, and the trigger does not wait for it.
   */
  async #whenTaken(event: PlacedEvent, execution: ExecutionId): Promise<void> {
    const { keyed, logger } = this.#services;
    try {
      const holder = await keyed.holderOfKey(execution);
      if (holder === undefined) this.#count('started');
      else await this.#noteDuplicate(event, holder);
    } catch (error) {
      // The process stops, or the log is lost: the start itself is not in question.
      logger.warn({ err: error }, 'A decision was not written');
    }
  }

  #count(result: EmitResult): void {
    const { type } = this.#target.definition;
    this.#services.metrics.count('millrace_trigger_events_total', { type, decision: result });
  }

  #noteDuplicate(event: PlacedEvent, holder: ExecutionId): Promise<void> {
    const message = about(event, `execution ${holder} has the same idempotencyKey`);
    return this.note('duplicate', message, event.origin);
  }

  async #deliver(
    event: PlacedEvent,
    send: (start: NewStart) => Promise<Sent>,
  ): Promise<EmitResult> {
    this.#signal.throwIfAborted();
    // It ends by throwing, once the pause is written: no event of this run is taken any more.
    if (this.#pausing !== undefined) await this.#pausing;
    try {
      const mapped = this.#map(event);
      if (mapped.kind === 'filtered') {
        await this.note('filtered', about(event, 'the condition `when` is false'), event.origin);
        return 'filtered';
      }
      const { result, isCounted } = await send(mapped.start);
      if (isCounted !== true) this.#count(result);
      return result;
    } catch (error) {
      if (!(error instanceof StartRefused) || error.kind === 'fault') throw error;
      if (!error.isExecutors) {
        const refused = this.#refused(error, event);
        if (this.#target.definition.onError === 'pause') this.#pausing ??= refused;
        await refused;
      }
      return 'refused';
    }
  }

  #map(event: PlacedEvent): ReturnType<typeof mapEvent> {
    const { globals, flows } = this.#services;
    const { registry } = flows;
    const flowsOffset = registry.nextOffset;
    const { namespace, id } = this.#target.flow;
    const flow = registry.head(namespace, id);
    const definition = flow?.triggers.find((one) => one.id === this.#target.definition.id);
    if (flow === undefined || definition === undefined || flow.disabled) {
      throw new NotOurs('the trigger is no longer part of its flow');
    }
    return mapEvent({ flow, definition, globals, flowsOffset }, event);
  }

  /** An event that the flow's expressions or inputs cannot take. */
  async #refused(refused: StartRefused, event: PlacedEvent): Promise<void> {
    const { onError } = this.#target.definition;
    const { code } = refused;
    const message = about(event, refused.message);
    const { origin } = event;
    if (onError === 'pause') await this.#pause(code, message);
    const preview = previewOf(textOf(event.fields));
    if (onError === 'dlq') await this.#bury({ reason: code, message, origin, preview });
    await this.note(code, message, origin);
    if (onError === 'pause') throw new TriggerStopped(`paused: ${message}`);
  }

  async #pause(reason: string, message: string): Promise<void> {
    const { board, clock, producer } = this.#services;
    const { key, flow } = this.#target;
    const record: PauseRecord = {
      kind: 'pause',
      trigger: key,
      revision: flow.revision,
      reason,
      message,
      timeMs: clock.now(),
    };
    await producer.send('triggers', board.partitionOf(key), encodeTriggerRecord(record));
  }

  async #bury(
    letter: Pick<DeadLetter, 'reason' | 'message' | 'origin' | 'preview' | 'lastOffset'>,
  ): Promise<void> {
    const { log, clock, producer, metrics } = this.#services;
    const { namespace, id } = this.#target.flow;
    const whole: DeadLetter = { ...letter, namespace, flow: id, timeMs: clock.now() };
    const partition = partitionOf(deadLetterKey(whole), log.partitionCount('dlq'));
    const outcome = await producer.send('dlq', partition, encodeDeadLetter(whole));
    if (outcome.kind !== 'acknowledged') {
      throw new TriggerStopped(`a dead letter was not written: ${outcome.kind}`);
    }
    metrics.count('millrace_dead_letters_total', { reason: letter.reason });
  }
}

/** What nests without end, or holds itself, has no text. */
function textOf(fields: JsonObject): string {
  try {
    return JSON.stringify(fields);
  } catch {
    return '';
  }
}

function about({ subject }: PlacedEvent, message: string): string {
  return subject === undefined ? message : `${subject}: ${message}`;
}

/** It must go where the trigger's other executions are, not where a key of its own belongs. */
function withOverlap({ idempotencyKey: _, ...start }: NewStart, overlap: 'skip'): NewStart {
  return { ...start, overlap };
}

function isHeldUp(error: unknown): boolean {
  return error instanceof StartRefused && (error.kind === 'busy' || error.kind === 'unavailable');
}
