/**
 * What a partition steps next. Commands, notices, timers and agendas take turns, so that none of them waits
 * for a flood of another; while a kill waits among the commands they go first, since offsets are passed in
 * order and a kill cannot overtake what lies before it. Starts come after what has begun: they get one turn
 * in eight while there is other work, and are the only source that may be held back.
 */
import type { Input } from '../engine/input.ts';
import type { Positions } from '../engine/partition-state.ts';

/** An input that may be stepped now. */
export interface Candidate {
  readonly input: Input;
  /** The partition's positions once it is stepped. */
  readonly positions: Positions;
  readonly source: InputSource;
}

export interface InputSource {
  /** Its next input, or undefined while there is none or it must wait. Stays until `accept`. */
  next(): Candidate | undefined;
  /** The input that `next` gave last was stepped. */
  accept(candidate: Candidate): void;
}

export interface CommandSource extends InputSource {
  readonly killWaits: boolean;
}

const START_TURN = 8;

export class Inputs {
  readonly #commands: CommandSource;
  readonly #others: readonly InputSource[];
  readonly #starts: InputSource;
  #turn = 0;
  #sinceStart = 0;

  constructor(sources: {
    readonly commands: CommandSource;
    readonly others: readonly InputSource[];
    readonly starts: InputSource;
  }) {
    this.#commands = sources.commands;
    this.#others = [sources.commands, ...sources.others];
    this.#starts = sources.starts;
  }

  /** The input whose turn it is; undefined when there is nothing to do now. */
  next(): Candidate | undefined {
    if (this.#commands.killWaits) {
      const command = this.#commands.next();
      if (command !== undefined) return command;
    }
    if (this.#sinceStart >= START_TURN) {
      const start = this.#starts.next();
      if (start !== undefined) return start;
    }
    for (let step = 0; step < this.#others.length; step++) {
      const candidate = this.#others[(this.#turn + step) % this.#others.length]?.next();
      if (candidate !== undefined) return candidate;
    }
    return this.#starts.next();
  }

  /** The candidate was stepped: it leaves its source, and the turn passes on. */
  accept(candidate: Candidate): void {
    const { source } = candidate;
    source.accept(candidate);
    if (source === this.#starts) {
      this.#sinceStart = 0;
      return;
    }
    this.#sinceStart += 1;
    this.#turn = (this.#others.indexOf(source) + 1) % this.#others.length;
  }
}
