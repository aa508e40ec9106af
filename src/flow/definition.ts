import type { CompiledValue, Template } from '../expression/index.ts';
import type { FlowKey } from '../model/ids.ts';
import type { InputDeclaration } from '../model/inputs.ts';

/**
 * One revision of a flow as the engine runs it: checked, linked, every template compiled once. Immutable;
 * made by `readFlow` from YAML, held by the {@link FlowRegistry}.
 */
export interface FlowDefinition {
  readonly key: FlowKey;
  readonly namespace: string;
  readonly id: string;
  /** The ordinal of the accepted record of this id in `flows`, from 1. */
  readonly revision: number;
  /** Offset of that record, and the hash of its source. */
  readonly offset: number;
  readonly sha256: string;
  readonly source: string;
  readonly description?: string;
  readonly disabled: boolean;
  readonly labels: CompiledValue;
  readonly inputs: readonly InputDeclaration[];
  /** Rendered once, in this order, at start. */
  readonly variables: readonly { readonly id: string; readonly value: CompiledValue }[];
  readonly tasks: readonly TaskDefinition[];
  readonly outputs: readonly OutputDeclaration[];
  readonly triggers: readonly TriggerDefinition[];
  /** Every task of the tree by its id. */
  readonly taskById: ReadonlyMap<string, TaskDefinition>;
}

/** A flow as `readFlow` gives it: not yet a revision of a log. */
export type CheckedFlow = Omit<FlowDefinition, 'revision' | 'offset' | 'sha256'>;

export interface TaskDefinition {
  readonly id: string;
  readonly type: string;
  readonly where: 'executor' | 'worker';
  readonly description?: string;
  readonly disabled: boolean;
  readonly when?: Template;
  readonly workerGroup: string;
  readonly idempotencyKey?: Template;
  /** The type's own properties, without those that hold child tasks. */
  readonly properties: Readonly<Record<string, CompiledValue>>;
  /** True when a property calls `secret` or `env`: then a worker evaluates it. */
  readonly impure: boolean;
  /** The child tasks by property (`tasks`, `then`, …), in order. */
  readonly children: Readonly<Record<string, readonly TaskDefinition[]>>;
  /** Ids of the blocks around it, outermost first. */
  readonly blocks: readonly string[];
}

export interface OutputDeclaration {
  readonly id: string;
  readonly type: string;
  readonly description?: string;
  readonly value: CompiledValue;
}

export interface TriggerDefinition {
  readonly id: string;
  readonly type: string;
  readonly description?: string;
  readonly disabled: boolean;
  readonly when?: Template;
  readonly inputs: CompiledValue;
  readonly labels: CompiledValue;
  readonly idempotencyKey?: Template;
  /** The type's own properties. */
  readonly properties: Readonly<Record<string, CompiledValue>>;
}
