/**
 * The coordinator of one consumer group, as a broker would be: who its members are and who has what.
 *
 * Two modes. *Stable*: everybody has an assignment of the current generation. *Rebalancing*, entered when a
 * member joins, leaves or is not heard of for its session: the others are told, finish what they must, and
 * join again with what they own; when all have, or after three seconds without those that have not, the
 * next generation is assigned. Members work on meanwhile.
 *
 * A member is told things only through its own clock (`told`, see `GroupMember`), so that one whose process
 * stands still in the simulator hears nothing, sends no heartbeats, and is expelled by the coordinator's clock.
 */
import { newestClaims, stickyAssign } from '../../support/sticky-assignment.ts';
import type { Claim } from '../../support/sticky-assignment.ts';
import type { Clock } from '../../ports/clock.ts';

/** How the coordinator reaches a member. */
export interface Told {
  /** Another generation is to come: join again. */
  rejoin(): void;
  assigned(partitions: readonly number[], generation: number): void;
}

export interface Joining extends Claim {
  readonly sessionMs: number;
  readonly partitions: number;
  readonly told: Told;
}

interface Place {
  joining: Joining;
  heardMs: number;
  /** It has joined for the generation to come. */
  ready: boolean;
}

/** How long members have to join again. */
const REBALANCE_MS = 3_000;

export class ConsumerGroup {
  readonly #clock: Clock;
  readonly #places = new Map<string, Place>();
  #generation = 0;
  #rebalancing = false;
  #cancelDeadline: () => void = nothing;
  #cancelExpiry: () => void = nothing;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Members that there are. */
  get size(): number {
    return this.#places.size;
  }

  join(joining: Joining): void {
    const place = { joining, heardMs: this.#clock.monotonic(), ready: true };
    this.#places.set(joining.id, place);
    this.#watchSessions();
    if (!this.#rebalancing) this.#rebalance(joining.id);
    this.#assignWhenReady();
  }

  /** False when the member is no longer one and has to join again. */
  heartbeat(id: string): boolean {
    const place = this.#places.get(id);
    if (place === undefined) return false;
    place.heardMs = this.#clock.monotonic();
    return true;
  }

  leave(id: string): void {
    if (!this.#places.delete(id)) return;
    if (!this.#rebalancing) this.#rebalance();
    this.#assignWhenReady();
  }

  /** True for a member of the current generation: what it says of positions counts. */
  isCurrent(id: string, generation: number): boolean {
    return generation === this.#generation && this.#places.has(id);
  }

  close(): void {
    this.#places.clear();
    this.#cancelDeadline();
    this.#cancelExpiry();
  }

  #rebalance(joined?: string): void {
    this.#rebalancing = true;
    this.#cancelDeadline = this.#clock.after(REBALANCE_MS, () => {
      for (const [id, { ready }] of this.#places) if (!ready) this.#places.delete(id);
      this.#assignWhenReady();
    });
    for (const [id, place] of this.#places) {
      place.ready = id === joined;
      if (!place.ready) place.joining.told.rejoin();
    }
  }

  #assignWhenReady(): void {
    const places = [...this.#places.values()];
    if (!this.#rebalancing || places.some(({ ready }) => !ready)) return;
    this.#rebalancing = false;
    this.#cancelDeadline();
    this.#generation += 1;
    const partitions = Math.max(0, ...places.map(({ joining }) => joining.partitions));
    const plan = stickyAssign(partitions, newestClaims(places.map(({ joining }) => joining)));
    for (const { joining } of places) {
      joining.told.assigned(plan.get(joining.id) ?? [], this.#generation);
    }
  }

  /** One timer, for the member that would be expelled first. */
  #watchSessions(): void {
    this.#cancelExpiry();
    const now = this.#clock.monotonic();
    const lefts = [...this.#places.values()].map(
      ({ heardMs, joining }) => heardMs + joining.sessionMs - now,
    );
    if (lefts.length === 0) return;
    const delayMs = Math.max(0, Math.min(...lefts));
    this.#cancelExpiry = this.#clock.after(delayMs, () => this.#expel());
  }

  #expel(): void {
    const now = this.#clock.monotonic();
    for (const [id, { heardMs, joining }] of this.#places) {
      // The sum that the timer was set by: a difference could round to just below the session for ever.
      if (heardMs + joining.sessionMs - now <= 0) this.leave(id);
    }
    this.#watchSessions();
  }
}

function nothing(): void {
  // No timer is running.
}
