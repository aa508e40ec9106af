import type { LogProducer } from '../ports/log.ts';
import type { Clock } from '../ports/clock.ts';
import { encodeTriggerRecord } from '../records/triggers.ts';
import type { TriggerBoard } from './trigger-board.ts';

/** Written so often; the exact positions are the consumer group's, these only say what there has been. */
const WRITTEN_EVERY_MS = 5_000;

interface PositionsServices {
  readonly clock: Clock;
  readonly board: TriggerBoard;
  readonly producer: LogProducer;
}

interface Begun {
  readonly sequence: number;
  isSafe: boolean;
}

/**
 * How far each source is safe, here and as other processes have said: the fates of the event there and of all before
 * it are known. Events begin in their order and end in any.
 */
export class Positions {
  readonly #services: PositionsServices;
  readonly #trigger: string;
  readonly #highest = new Map<string, number>();
  /** Of each source, from the first on whose fate is not known. */
  readonly #begun = new Map<string, Begun[]>();
  readonly #unwritten = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(services: PositionsServices, trigger: string) {
    this.#services = services;
    this.#trigger = trigger;
  }

  of(source: string): number | undefined {
    const known = this.#services.board.positionOf(this.#trigger, source);
    const own = this.#highest.get(source);
    return own === undefined || known === undefined ? (own ?? known) : Math.max(own, known);
  }

  /** An event's fate is to be decided; whoever is told it calls what this returns. */
  begin(source: string, sequence: number): () => void {
    const begun: Begun = { sequence, isSafe: false };
    const all = this.#begun.get(source) ?? [];
    all.push(begun);
    this.#begun.set(source, all);
    return () => {
      begun.isSafe = true;
      this.#advance(source, all);
    };
  }

  #advance(source: string, all: Begun[]): void {
    const unknown = all.findIndex(({ isSafe }) => !isSafe);
    for (const { sequence } of all.splice(0, unknown === -1 ? all.length : unknown)) {
      this.#reached(source, sequence);
    }
  }

  #reached(source: string, sequence: number): void {
    if (sequence <= (this.of(source) ?? -1)) return;
    this.#highest.set(source, sequence);
    this.#unwritten.add(source);
    this.#cancel ??= this.#services.clock.after(WRITTEN_EVERY_MS, () => this.#write());
  }

  close(): void {
    this.#write();
  }

  #write(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { board, producer } = this.#services;
    const partition = board.partitionOf(this.#trigger);
    for (const source of this.#unwritten) {
      const sequence = this.#highest.get(source) ?? 0;
      const trigger = this.#trigger;
      const record = encodeTriggerRecord({ kind: 'position', trigger, source, sequence });
      void producer.send('triggers', partition, record, { deadlineMs: WRITTEN_EVERY_MS });
    }
    this.#unwritten.clear();
  }
}
