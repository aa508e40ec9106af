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
  /** Run after a failure, and at every end. */
  readonly errors: readonly TaskDefinition[];
  readonly finally: readonly TaskDefinition[];
  /** A duration, counted from the start of the execution. */
  readonly timeout?: CompiledValue;
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
  readonly retry?: RetryPolicy;
  /** A duration: of an attempt on a worker from its start there, of a block or sleep from its scheduling. */
  readonly timeout?: CompiledValue;
  /** A failure ends the task as WARNING. */
  readonly allowFailure: boolean;
  /** A warning ends the task as SUCCESS. */
  readonly allowWarning: boolean;
  readonly workerGroup: string;
  readonly idempotencyKey?: Template;
  /** The type's own properties, without those that hold child tasks. */
  readonly properties: Readonly<Record<string, CompiledValue>>;
  /** True when a property calls `secret` or `env`: then a worker evaluates it. */
  readonly impure: boolean;
  /**
   * The child tasks by property, in order: `tasks`, `then`, `else`, `default`, `errors`, `finally`; those of a
   * map of lists by property and key: `cases.<key>`.
   */
  readonly children: Readonly<Record<string, readonly TaskDefinition[]>>;
  /**
   * Of a loop, where the flow has them: what is kept of each iteration, evaluated at its end with `item` and
   * the outputs of its tasks.
   */
  readonly outputs?: readonly OutputDeclaration[];
  /** Ids of the blocks around it, outermost first. */
  readonly blocks: readonly string[];
}

/** When a failed attempt is followed by another; every attempt counts, the first included. */
export interface RetryPolicy {
  readonly delay: RetryDelay;
  /** One of the two is given, or both: the first that is reached ends it. */
  readonly maxAttempts?: number;
  /** From the first attempt's start to the begin of the last, ms. */
  readonly maxDurationMs?: number;
}

export type RetryDelay =
  | { readonly type: 'constant'; readonly intervalMs: number }
  | {
      readonly type: 'exponential';
      readonly intervalMs: number;
      readonly maxIntervalMs?: number;
      readonly factor: number;
    }
  | { readonly type: 'random'; readonly minIntervalMs: number; readonly maxIntervalMs: number };

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
  readonly onError: OnTriggerError;
  /** The type's own properties. */
  readonly properties: Readonly<Record<string, CompiledValue>>;
}

/**
 * What becomes of an event that the flow's expressions or inputs cannot take. `dlq`: a dead letter and a
 * decision. `skip`: a decision. `pause`: a decision, and the trigger stops until it is enabled or changed.
 */
export type OnTriggerError = (typeof onTriggerErrors)[number];

export const onTriggerErrors = ['dlq', 'skip', 'pause'] as const;
