import { backOffMs, type Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { OwnedPartition } from './owned-partition.ts';
import type { LossReason } from './partition-lost.ts';
import type { Services } from './services.ts';

/** How long the executor waits before it opens a partition again that it has just lost. */
const REOPEN_MS_MIN = 100;
const REOPEN_MS_MAX = 10_000;
/** Between being fenced and taking the partition back: the newer owner may be right, and we not know yet. */
const FENCED_MS_MIN = 1_000;
/** An ownership that lasted so long says that the trouble before it is over. */
const SETTLED_MS = 30_000;

/** One assigned partition over all its ownerships. */
interface Slot {
  owned: OwnedPartition;
  openedAt: number;
  /** When it is opened anew although nothing is wrong. */
  readonly reopenAt: number;
  /** Set once the ownership has ended: what follows, and not before when. */
  next: { readonly reason: LossReason; readonly at: number } | undefined;
  losses: number;
}

/**
 * Brings the partitions that are open in line with those that are assigned. Assignment is advice that may be
 * late: what is open and no longer assigned is dropped at once, what is assigned and not open is opened, and
 * after a loss only with a growing, jittered delay, so that two executors that both believe they own a
 * partition do not take it from each other in a loop.
 */
export class Assignment {
  readonly #services: Services;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #slots = new Map<number, Slot>();
  #assigned: ReadonlySet<number> = new Set();

  constructor(services: Services, random: Random) {
    this.#services = services;
    this.#clock = services.clock;
    this.#random = random;
  }

  /** Every partition that is assigned, whatever its phase. */
  get partitions(): readonly OwnedPartition[] {
    return [...this.#slots.values()].map(({ owned }) => owned);
  }

  assign(partitions: readonly number[]): void {
    this.#assigned = new Set(partitions);
    this.reconcile();
  }

  /** To be called every second. */
  reconcile(): void {
    for (const [partition, slot] of this.#slots) {
      if (this.#assigned.has(partition)) this.#keep(partition, slot);
      else this.#drop(partition, slot);
    }
    for (const partition of this.#assigned) {
      if (!this.#slots.has(partition)) this.#open(partition, 'assigned', 0, false);
    }
  }

  /** Ends all ownerships; those at work finish first, for `drainMs` at most. */
  async close(drainMs: number): Promise<void> {
    this.#assigned = new Set();
    const slots = [...this.#slots.values()];
    await Promise.all(slots.map(({ owned }) => owned.drain(drainMs, 'revoked')));
    this.#slots.clear();
  }

  #keep(partition: number, slot: Slot): void {
    const now = this.#clock.monotonic();
    const { owned, next } = slot;
    if (next !== undefined && now >= next.at) {
      const disturbed = next.reason === 'disturbed';
      this.#open(partition, next.reason, slot.losses, disturbed);
    } else if (owned.phase === 'running' && now >= slot.reopenAt) {
      void owned.drain(REOPEN_MS_MAX, 'reopened').then(() => this.reconcile());
    }
  }

  #drop(partition: number, { owned }: Slot): void {
    this.#slots.delete(partition);
    owned.lose('revoked');
  }

  #open(
    partition: number,
    reason: 'assigned' | LossReason,
    losses: number,
    rewrite: boolean,
  ): void {
    const now = this.#clock.monotonic();
    const reopenMs = this.#services.settings.reopenMs * (0.9 + 0.2 * this.#random.next());
    const owned = new OwnedPartition({
      services: this.#services,
      partition,
      reason,
      rewrite,
      onEnd: () => this.#ended(partition, owned),
    });
    const slot = { owned, openedAt: now, reopenAt: now + reopenMs, next: undefined, losses };
    this.#slots.set(partition, slot);
    owned.open();
  }

  /** A stopped partition has no next: it needs a person. Nor has one whose log is closed. */
  #ended(partition: number, owned: OwnedPartition): void {
    const slot = this.#slots.get(partition);
    const reason = owned.lossReason;
    if (slot?.owned !== owned || reason === undefined || reason === 'closed') return;
    const now = this.#clock.monotonic();
    slot.losses = now - slot.openedAt >= SETTLED_MS ? 1 : slot.losses + 1;
    slot.next = { reason, at: now + this.#delayMs(reason, slot.losses) };
  }

  #delayMs(reason: LossReason, losses: number): number {
    if (reason === 'reopened') return 0;
    const least = reason === 'fenced' ? FENCED_MS_MIN : REOPEN_MS_MIN;
    const backOff = { firstMs: least, longestMs: REOPEN_MS_MAX };
    return backOffMs(backOff, losses - 1) * (0.5 + this.#random.next());
  }
}
