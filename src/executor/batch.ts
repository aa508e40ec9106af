import type { EffectRefusedInput } from '../engine/input.ts';
import type { Positions } from '../engine/partition-state.ts';
import type { Event } from '../model/events.ts';
import { limits } from '../model/limits.ts';
import type { OutgoingRecord } from '../model/log-records.ts';
import { encodeEvent, encodeInputBegan, encodeNoop } from '../records/events.ts';

/** Key, headers and framing of a record of `events`, generously. */
const RECORD_OVERHEAD_BYTES = 160;

/** The events of one step as records. */
export interface EncodedStep {
  readonly events: readonly Event[];
  readonly records: readonly OutgoingRecord[];
  readonly positions: Positions;
  readonly bytes: number;
}

/** Where a batch stands: the same for all its records. */
export interface BatchPlace {
  readonly epoch: number;
  readonly batch: number;
  readonly confirmed: number;
}

/** What goes into one append: whole steps, up to limits.batchBytes. */
export class Batch {
  readonly place: BatchPlace;
  readonly records: OutgoingRecord[] = [];
  /** The events, at the index of their records. Empty for the shell's own records. */
  readonly events: Event[] = [];
  /** What is committed with it beside the events. */
  readonly refusals: EffectRefusedInput[] = [];
  /** Set for the shell's own records. */
  own: { readonly kind: 'input.began'; readonly what: string } | { readonly kind: 'noop' } | null =
    null;
  /** What its last record says was read; steps without events that came behind it have read more. */
  positions: Positions | undefined;
  #bytes = 0;
  #inputs = 0;

  constructor(place: BatchPlace) {
    this.place = place;
  }

  get empty(): boolean {
    return this.records.length === 0;
  }

  /** Steps in the batch, those without events among them. */
  get inputs(): number {
    return this.#inputs;
  }

  /** The events of the next step with the positions that they lead to; not yet in the batch. */
  encode(events: readonly Event[], positions: Positions): EncodedStep {
    const first = this.records.length;
    let bytes = 0;
    const records = events.map((event, at) => {
      const record = encodeEvent(event, { ...this.place, ...positions, index: first + at });
      bytes += RECORD_OVERHEAD_BYTES + Buffer.byteLength(record.value ?? '');
      return record;
    });
    return { events, records, positions, bytes };
  }

  fits(step: EncodedStep): boolean {
    return this.empty || this.#bytes + step.bytes <= limits.batchBytes.value;
  }

  add(step: EncodedStep): void {
    for (const record of step.records) this.records.push(record);
    for (const event of step.events) this.events.push(event);
    if (step.records.length > 0) this.positions = step.positions;
    this.#bytes += step.bytes;
    this.#inputs += 1;
  }

  /** Makes it the record that says which input is stepped next. */
  addInputBegan(what: string, positions: Positions): void {
    this.own = { kind: 'input.began', what };
    this.positions = positions;
    this.records.push(encodeInputBegan(what, { ...this.place, ...positions, index: 0 }));
  }

  addNoop(positions: Positions): void {
    this.own = { kind: 'noop' };
    this.positions = positions;
    this.records.push(encodeNoop({ ...this.place, ...positions, index: 0 }));
  }
}
