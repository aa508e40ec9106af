import type { GroupMember, Membership } from '../ports/membership.ts';
import { OwnedPartition, type OwnedPartitionOptions } from './owned-partition.ts';
import type { TriggerBoard } from './trigger-board.ts';

/** The consumer group of all trigger processes of an installation. */
export const triggersGroup = 'triggers';

/** Before a partition is taken back from another process that took it: it may be right, and we not know yet. */
const TAKE_BACK_MS = 2_000;

export interface OwnershipOptions extends Omit<OwnedPartitionOptions, 'partition' | 'onOpened'> {
  readonly membership: Membership;
  readonly board: TriggerBoard;
  readonly sessionMs: number;
  /** A partition was opened, or given up. */
  readonly onChanged: (partition: number) => void;
}

/** The partitions of triggers that are this process's, as far as it knows. */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #owned = new Map<number, OwnedPartition>();
  readonly #stopListening: () => void;
  #assigned: ReadonlySet<number> = new Set();
  #member: GroupMember | undefined;
  #closed = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
    this.#stopListening = options.board.listen({
      onOwner: (partition, process, generation) => this.#onOwner(partition, process, generation),
    });
  }

  async start(): Promise<void> {
    const { membership, board, sessionMs } = this.#options;
    this.#member = await membership.join({
      consumerGroup: triggersGroup,
      partitions: board.partitions,
      sessionMs,
      owned: () => [...this.#owned.keys()],
      onAssigned: (partitions) => {
        if (this.#closed) return;
        this.#assigned = new Set(partitions);
        this.#reconcile();
      },
    });
  }

  /** The partition, once it may be worked with. */
  open(partition: number): OwnedPartition | undefined {
    const owned = this.#owned.get(partition);
    return owned?.generation === undefined ? undefined : owned;
  }

  get openPartitions(): readonly OwnedPartition[] {
    return [...this.#owned.values()].filter(({ generation }) => generation !== undefined);
  }

  /** True when everything assigned is open. */
  get isReady(): boolean {
    return this.#member !== undefined && this.openPartitions.length === this.#assigned.size;
  }

  /** Leaves, so that others take over at once. Call it when nothing runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    for (const owned of this.#owned.values()) owned.close();
    this.#owned.clear();
    await this.#member?.leave();
  }

  #reconcile(): void {
    if (this.#closed) return;
    for (const partition of [...this.#owned.keys()]) {
      if (!this.#assigned.has(partition)) this.#drop(partition);
    }
    for (const partition of this.#assigned) {
      if (!this.#owned.has(partition)) this.#take(partition);
    }
  }

  #take(partition: number): void {
    const onOpened = (): void => this.#options.onChanged(partition);
    this.#owned.set(partition, new OwnedPartition({ ...this.#options, partition, onOpened }));
  }

  #drop(partition: number): void {
    this.#owned.get(partition)?.close();
    this.#owned.delete(partition);
    this.#options.onChanged(partition);
  }

  /** The log decides: whoever wrote last is the owner. */
  #onOwner(partition: number, process: string, generation: number): void {
    const own = this.#owned.get(partition);
    if (own?.generation === undefined || process === this.#options.process) return;
    if (generation < own.generation) return;
    this.#drop(partition);
    const { clock, random } = this.#options;
    clock.after(TAKE_BACK_MS * (1 + random.next()), () => this.#reconcile());
  }
}
