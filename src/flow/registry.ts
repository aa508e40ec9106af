import type { Catalog } from '../model/catalog.ts';
import { flowKey, type FlowKey } from '../model/ids.ts';
import { limits } from '../model/limits.ts';
import type { FlowRecord } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { sha256HexOfText } from '../support/digest.ts';
import type { CheckedFlow, FlowDefinition } from './definition.ts';
import { readFlow, type ReadFlowResult } from './read-flow.ts';

/** A record of the topic `flows`, decoded, with its place in the log. */
export interface FlowLogEntry {
  readonly offset: number;
  readonly timestampMs: number;
  /** One that could not be decoded moves the offset on and is reported. */
  readonly record: Parsed<FlowRecord>;
}

/** What a record did to the replica; the shell logs what was ignored. */
export type Applied =
  | {
      readonly kind: 'accepted';
      readonly change: 'created' | 'updated' | 'deleted';
      readonly key: FlowKey;
      readonly namespace: string;
      readonly flow: string;
      readonly revision: number;
    }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason; readonly message: string };

export type IgnoredReason =
  'already-applied' | 'record-invalid' | 'expects-mismatch' | 'nothing-to-delete';

/** An accepted revision that this version cannot run; the one before it stays the head. */
export interface UnreadableRevision {
  readonly key: FlowKey;
  readonly revision: number;
  readonly offset: number;
  readonly message: string;
}

export interface FlowRegistryOptions {
  readonly catalog: Catalog;
  /** Told once per revision, when it is first looked at. */
  readonly onUnreadable?: (revision: UnreadableRevision) => void;
}

/** The latest accepted record of a flow, readable or not: what a sender's `expects` must name. */
export interface FlowHead {
  /** 0 when the flow does not exist or was deleted. */
  readonly revision: number;
  readonly source: string | null;
}

/** One accepted record. */
interface Accepted {
  readonly revision: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly source: string | null;
}

/**
 * The replica of the topic `flows`: every reader that applies the same records has the same revisions.
 *
 * A revision is the ordinal of an accepted record of its flow, whether this version of Millrace can read
 * the source or not, so that versions that run side by side count alike. Sources are therefore read on
 * first use and not when they are applied (a start with ten thousand revisions in the log reads only the
 * heads), and the definitions that were read longest ago are forgotten beyond a limit: they can be read
 * again. An unreadable revision leaves the readable one before it at the head.
 */
export class FlowRegistry {
  readonly catalog: Catalog;
  readonly #onUnreadable: (revision: UnreadableRevision) => void;
  readonly #flows = new Map<FlowKey, Accepted[]>();
  /** By offset: read definitions, least recently used first; null = unreadable. */
  readonly #definitions = new Map<number, FlowDefinition | null>();
  #nextOffset = 0;

  constructor({ catalog, onUnreadable }: FlowRegistryOptions) {
    this.catalog = catalog;
    this.#onUnreadable = onUnreadable ?? (() => undefined);
  }

  /** The offset of the first record that has not been applied. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Applies the next record; one at an offset that was passed is ignored, so a re-read is harmless. */
  apply(entry: FlowLogEntry): Applied {
    const { offset, timestampMs, record } = entry;
    if (offset < this.#nextOffset) {
      const message = `offset ${offset} was applied before`;
      return { kind: 'ignored', reason: 'already-applied', message };
    }
    this.#nextOffset = offset + 1;
    if (!record.ok) return { kind: 'ignored', reason: 'record-invalid', message: record.message };
    const { namespace, flow, source, expects } = record.value;
    const key = flowKey(namespace, flow);
    const head = this.headOf(namespace, flow);
    if (expects !== undefined && expects !== head.revision) {
      const message =
        `${key} at offset ${offset} was sent when revision ${expects} was its head, ` +
        `which is now ${head.revision}: somebody else deployed in between`;
      return { kind: 'ignored', reason: 'expects-mismatch', message };
    }
    if (source === null && head.source === null) {
      const message = `${key} at offset ${offset} deletes a flow that is not there`;
      return { kind: 'ignored', reason: 'nothing-to-delete', message };
    }
    const accepted = this.#flows.get(key) ?? [];
    this.#flows.set(key, accepted);
    const revision = accepted.length + 1;
    accepted.push({ revision, offset, timestampMs, source });
    const change = source === null ? 'deleted' : head.source === null ? 'created' : 'updated';
    return { kind: 'accepted', change, key, namespace, flow, revision };
  }

  /** The latest accepted record of a flow. */
  headOf(namespace: string, flow: string): FlowHead {
    const last = this.#flows.get(flowKey(namespace, flow))?.at(-1);
    if (last === undefined || last.source === null) return { revision: 0, source: null };
    return { revision: last.revision, source: last.source };
  }

  /**
   * The newest revision that can be run, as of `flowsOffset` (records at that offset and after do not
   * count) or of everything applied. Undefined when the flow is unknown or was deleted by then.
   */
  head(namespace: string, flow: string, flowsOffset?: number): FlowDefinition | undefined {
    const key = flowKey(namespace, flow);
    const accepted = this.#flows.get(key) ?? [];
    for (let at = accepted.length - 1; at >= 0; at--) {
      const candidate = accepted[at];
      if (candidate === undefined) continue;
      if (flowsOffset !== undefined && candidate.offset >= flowsOffset) continue;
      if (candidate.source === null) return undefined;
      const definition = this.#read(key, candidate);
      if (definition !== undefined) return definition;
    }
    return undefined;
  }

  /** A pinned revision; undefined when it is unknown, a deletion, or unreadable. */
  revision(namespace: string, flow: string, revision: number): FlowDefinition | undefined {
    const key = flowKey(namespace, flow);
    const accepted = this.#flows.get(key)?.[revision - 1];
    return accepted === undefined ? undefined : this.#read(key, accepted);
  }

  /** The flows that exist, readable or not, by namespace and id. Reads no source. */
  keys(): readonly FlowKey[] {
    const existing = [...this.#flows].filter(([, accepted]) => accepted.at(-1)?.source !== null);
    return existing.map(([key]) => key).sort();
  }

  /** The heads of all flows that exist, by namespace and id. Reads those that are not read yet. */
  list(): readonly FlowDefinition[] {
    return this.keys().flatMap((key) => {
      const slash = key.indexOf('/');
      const head = this.head(key.slice(0, slash), key.slice(slash + 1));
      return head === undefined ? [] : [head];
    });
  }

  /** When a revision was accepted (the time of its record), ms; undefined when there is none. */
  deployedAtMs(namespace: string, flow: string, revision: number): number | undefined {
    return this.#flows.get(flowKey(namespace, flow))?.[revision - 1]?.timestampMs;
  }

  #read(key: FlowKey, accepted: Accepted): FlowDefinition | undefined {
    if (accepted.source === null) return undefined;
    const { offset, source } = accepted;
    const known = this.#definitions.get(offset);
    this.#definitions.delete(offset);
    const definition = known === undefined ? this.#readSource(key, accepted, source) : known;
    this.#definitions.set(offset, definition);
    this.#forgetOldest();
    return definition ?? undefined;
  }

  #readSource(key: FlowKey, accepted: Accepted, source: string): FlowDefinition | null {
    const { revision, offset } = accepted;
    const read = readFlow(source, { catalog: this.catalog, file: `${key} revision ${revision}` });
    const flow = checkedAs(key, read);
    if (typeof flow === 'string') {
      this.#onUnreadable({ key, revision, offset, message: flow });
      return null;
    }
    return { ...flow, revision, offset, sha256: sha256HexOfText(source) };
  }

  #forgetOldest(): void {
    for (const offset of this.#definitions.keys()) {
      if (this.#definitions.size <= limits.flowDefinitions.value) return;
      this.#definitions.delete(offset);
    }
  }
}

/** The flow, or why it cannot stand for `key`. */
function checkedAs(key: FlowKey, { flow, diagnostics }: ReadFlowResult): CheckedFlow | string {
  if (flow === undefined) {
    const first = diagnostics.find(({ severity }) => severity === 'error');
    return first === undefined
      ? 'the source does not read'
      : `line ${first.range.line}, column ${first.range.column}: ${first.message} [${first.code}]`;
  }
  return flow.key === key ? flow : `the source is of ${flow.key}`;
}
