import type { EffectRefusedInput, Input } from '../engine/input.ts';
import type { PartitionState } from '../engine/partition-state.ts';
import type { Candidate, InputSource } from './inputs.ts';
import type { LogEnd } from './log-end.ts';

/**
 * What the shell itself has found out: effects that the log refuses, workers that are gone, dispatches that
 * wait for too long. The last two are held until every command that was in the log when they were found has
 * been stepped, as timers are: the result of a worker that is gone counts if it was sent in time.
 */
export class Notices implements InputSource {
  readonly #state: PartitionState;
  readonly #commandsEnd: LogEnd;
  readonly #refused: EffectRefusedInput[] = [];
  readonly #found: { readonly name: string; readonly input: Input; readonly ticket: number }[] = [];
  /** What waits, by name: the same thing is found every second until it is stepped. */
  readonly #names = new Set<string>();

  constructor(state: PartitionState, commandsEnd: LogEnd) {
    this.#state = state;
    this.#commandsEnd = commandsEnd;
  }

  refused(input: EffectRefusedInput): void {
    this.#refused.push(input);
  }

  /** @param name equal for the same finding. */
  found(name: string, input: Input): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#found.push({ name, input, ticket: this.#commandsEnd.ticket() });
  }

  next(): Candidate | undefined {
    const input = this.#refused[0] ?? this.#passed();
    if (input === undefined) return undefined;
    return { input, positions: this.#state.positions, source: this };
  }

  accept({ input }: Candidate): void {
    if (input.kind === 'effect-refused') {
      this.#refused.shift();
      return;
    }
    this.#names.delete(this.#found.shift()?.name ?? '');
  }

  #passed(): Input | undefined {
    const first = this.#found[0];
    if (first === undefined) return undefined;
    const end = this.#commandsEnd.endFor(first.ticket);
    return end !== undefined && this.#state.positions.nextCommand >= end ? first.input : undefined;
  }
}
