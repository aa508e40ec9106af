/**
 * Which triggers run in this process, kept in line with four things that change by themselves: the flows, who has
 * enabled or paused what, which partitions this process owns, and which of them are open.
 *
 * Whatever changes marks triggers, and a moment later each marked trigger is settled: what should run is compared
 * with what runs. So several revisions in a row are one restart, and a trigger never runs twice here: the next run
 * begins when the one before has ended.
 */
import type { FlowKey } from '../model/ids.ts';
import type { JsonObject } from '../support/json.ts';
import { TriggerRunner } from './runner.ts';
import type { OwnedPartition } from './owned-partition.ts';
import type { StateStore } from './run-context.ts';
import type { TriggerServices } from './services.ts';
import { keyOf, type TriggerTarget } from './target.ts';
import type { FlowTrigger } from './trigger-properties.ts';

/** Changes that come together are one. */
const SETTLE_MS = 100;

/** What should run: a trigger of a revision, under an ownership. */
interface Wanted {
  readonly found: FlowTrigger;
  /** Undefined for a stream, which every process runs. */
  readonly owned: OwnedPartition | undefined;
}

interface Slot {
  wanted: Wanted | undefined;
  running: { readonly wanted: Wanted; readonly runner: TriggerRunner } | undefined;
  isSettling: boolean;
}

export class Roster {
  readonly #services: TriggerServices;
  readonly #open: (partition: number) => OwnedPartition | undefined;
  /** Triggers of the role, by flow and by key. */
  readonly #byFlow = new Map<FlowKey, readonly string[]>();
  readonly #found = new Map<string, FlowTrigger>();
  readonly #slots = new Map<string, Slot>();
  readonly #marked = new Set<string>();
  readonly #markedFlows = new Set<FlowKey>();
  #cancel: (() => void) | undefined;
  #closed = false;

  /** @param open the partition, while this process owns it and has read it. */
  constructor(services: TriggerServices, open: (partition: number) => OwnedPartition | undefined) {
    this.#services = services;
    this.#open = open;
  }

  get running(): readonly string[] {
    return [...this.#slots].flatMap(([key, { running }]) => (running === undefined ? [] : [key]));
  }

  /** A flow was deployed or deleted. */
  markFlow(flow: FlowKey): void {
    this.#markedFlows.add(flow);
    this.#settleSoon();
  }

  mark(trigger: string): void {
    this.#marked.add(trigger);
    this.#settleSoon();
  }

  /** The partition was opened or given up. */
  markPartition(partition: number): void {
    for (const key of this.#found.keys()) {
      if (this.#services.board.partitionOf(key) === partition) this.#marked.add(key);
    }
    this.#settleSoon();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const running = [...this.#slots.values()].flatMap((slot) => slot.running ?? []);
    await Promise.all(running.map(({ runner }) => runner.stop()));
    this.#slots.clear();
  }

  #settleSoon(): void {
    if (this.#closed) return;
    this.#cancel ??= this.#services.clock.after(SETTLE_MS, () => {
      this.#cancel = undefined;
      for (const flow of this.#markedFlows) this.#lookAt(flow);
      this.#markedFlows.clear();
      const marked = [...this.#marked];
      this.#marked.clear();
      for (const key of marked) this.#settle(key);
    });
  }

  #lookAt(key: FlowKey): void {
    const { flows, catalog } = this.#services;
    const slash = key.indexOf('/');
    const flow = flows.registry.head(key.slice(0, slash), key.slice(slash + 1));
    const definitions = (flow?.disabled === false ? flow.triggers : []).filter(
      ({ type, disabled }) => !disabled && catalog.triggers.get(type)?.kind !== 'request',
    );
    for (const before of this.#byFlow.get(key) ?? []) {
      this.#found.delete(before);
      this.#marked.add(before);
    }
    const keys: string[] = [];
    for (const definition of definitions) {
      if (flow === undefined) continue;
      const found = { flow, definition };
      const trigger = keyOf(found);
      keys.push(trigger);
      this.#found.set(trigger, found);
      this.#marked.add(trigger);
    }
    if (keys.length === 0) this.#byFlow.delete(key);
    else this.#byFlow.set(key, keys);
  }

  #wanted(key: string): Wanted | undefined {
    const { board, catalog } = this.#services;
    const found = this.#found.get(key);
    if (found === undefined || board.switchOf(key)?.enabled === false) return undefined;
    if (board.pauseOf(key, found.flow.revision) !== undefined) return undefined;
    if (catalog.triggers.get(found.definition.type)?.kind === 'stream') {
      return { found, owned: undefined };
    }
    const owned = this.#open(board.partitionOf(key));
    return owned === undefined ? undefined : { found, owned };
  }

  #settle(key: string): void {
    const slot = this.#slots.get(key) ?? {
      wanted: undefined,
      running: undefined,
      isSettling: false,
    };
    this.#slots.set(key, slot);
    slot.wanted = this.#wanted(key);
    if (slot.isSettling) return;
    slot.isSettling = true;
    this.#bringInLine(key, slot).catch((error: unknown) => {
      this.#services.logger.error({ err: error, trigger: key }, 'A trigger cannot be run');
    });
  }

  async #bringInLine(key: string, slot: Slot): Promise<void> {
    try {
      while (!this.#closed && !isSame(slot.running?.wanted, slot.wanted)) {
        await slot.running?.runner.stop();
        slot.running = undefined;
        const { wanted } = slot;
        const target = wanted === undefined ? undefined : await this.#target(key, wanted.found);
        // It may be another one by now.
        if (wanted === undefined || wanted !== slot.wanted) continue;
        if (target === undefined || this.#closed) return;
        const runner = new TriggerRunner(this.#services, target, storeOf(key, wanted.owned));
        slot.running = { wanted, runner };
      }
    } finally {
      slot.isSettling = false;
      if (slot.running === undefined && slot.wanted === undefined) this.#slots.delete(key);
    }
  }

  async #target(key: string, found: FlowTrigger): Promise<TriggerTarget | undefined> {
    const { type } = found.definition;
    const code = await this.#services.plugins.trigger(type);
    if (code === undefined) {
      this.#services.logger.error({ trigger: key }, `no plugin of this process has ${type}`);
      return undefined;
    }
    return { ...found, key, ...code };
  }
}

function isSame(one: Wanted | undefined, other: Wanted | undefined): boolean {
  return (
    one?.owned === other?.owned &&
    one?.found.flow.offset === other?.found.flow.offset &&
    (one === undefined) === (other === undefined)
  );
}

function storeOf(key: string, owned: OwnedPartition | undefined): StateStore {
  return {
    state: () => owned?.stateOf(key),
    async save(state: JsonObject) {
      await owned?.save(key, state);
    },
  };
}
