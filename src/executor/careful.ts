/**
 * No crash loop: an input that ends the process would end every owner of its partition, one after the other.
 *
 * The log tells. Owners that open a partition and get nothing done leave `partition.opened` records with
 * nothing but `input.began` between them. From the second on, an owner is careful for its next inputs: it
 * appends `input.began` with the input's name, alone, and steps and commits just that one. If the last three
 * `input.began` name one input and nothing came after them, that input has ended three owners and is failed
 * instead of stepped. An idle partition that moves about is careful for nothing, which costs little and fails
 * nothing.
 *
 * A process owns several partitions, and what ends it in one leaves the others with an input that was announced
 * and not stepped: three times the same would condemn an innocent (the simulator found it). So only one careful
 * partition of a process has an input under way at a time.
 */
import type { Input } from '../engine/input.ts';
import { limits } from '../model/limits.ts';
import { never } from '../support/never.ts';
import type { OwnersHistory } from '../records/checkpoints.ts';
import type { Turns, TurnTaker } from './turns.ts';

/** How many owners an input may end. */
const OWNERS_ENDED_MAX = 3;

export const noHistory: OwnersHistory = { openings: 0, began: [] };

/** What the end of the log says about the owners so far, record by record. */
export class OwnersLog {
  #history: OwnersHistory;

  constructor(history: OwnersHistory) {
    this.#history = history;
  }

  get history(): OwnersHistory {
    return this.#history;
  }

  /** Whether the next owner would wonder what this one did. */
  get suspicious(): boolean {
    return this.#history.openings > 0 || this.#history.began.length > 0;
  }

  opened(): void {
    this.#history = { ...this.#history, openings: this.#history.openings + 1 };
  }

  began(what: string): void {
    const began = [...this.#history.began, what].slice(-OWNERS_ENDED_MAX);
    this.#history = { ...this.#history, began };
  }

  /** An event or a no-op: the owner got something done. */
  progressed(): void {
    this.#history = noHistory;
  }
}

/** The careful mode of one owner, from what it found at the end of the log, its own opening included. */
export class CarefulMode {
  readonly #condemned: string | undefined;
  #left: number;

  constructor({ openings, began }: OwnersHistory) {
    const suspicious = openings > 1 || began.length > 0;
    this.#left = suspicious ? limits.carefulInputs.value : 0;
    const [first, ...others] = began;
    const same = others.length === OWNERS_ENDED_MAX - 1 && others.every((what) => what === first);
    this.#condemned = same ? first : undefined;
  }

  get active(): boolean {
    return this.#left > 0;
  }

  /** True for the input that ended the owners before: it takes the path of a step that threw. */
  condemns(input: Input): boolean {
    return this.#condemned !== undefined && nameOf(input) === this.#condemned;
  }

  /** One more input was committed. */
  committed(): void {
    this.#left -= 1;
  }
}

/** Whose announced input is under way, of all careful partitions of a process. */
export class CarefulTurn {
  readonly #turns: Turns;
  #holder: TurnTaker | undefined;
  readonly #waiting = new Set<TurnTaker>();

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** False while it is another's: then there is a turn when it is free. */
  take(taker: TurnTaker): boolean {
    this.#holder ??= taker;
    if (this.#holder === taker) return true;
    this.#waiting.add(taker);
    return false;
  }

  /** Its input is committed, or will not be by this owner. Harmless when it has none. */
  leave(taker: TurnTaker): void {
    this.#waiting.delete(taker);
    if (this.#holder !== taker) return;
    this.#holder = undefined;
    for (const next of this.#waiting) this.#turns.request(next);
    this.#waiting.clear();
  }
}

/** A name under which the next owner knows the input again. */
export function nameOf(input: Input): string {
  switch (input.kind) {
    case 'start':
      return `start ${input.offset}`;
    case 'command':
    case 'unreadable-command':
      return `command ${input.offset}`;
    case 'timer':
      return `timer ${input.execution} ${input.run} ${input.dueMs}`;
    case 'continue':
      return `continue ${input.execution}`;
    case 'worker-gone':
      return `worker-gone ${input.worker} ${input.execution}`;
    case 'dispatch-stale':
      return `dispatch-stale ${input.execution} ${input.run} ${input.dispatch}`;
    case 'effect-refused':
      return `effect-refused ${input.offset} ${input.index}`;
    case 'command-failed':
      return nameOf(input.input);
    default:
      return never(input);
  }
}
