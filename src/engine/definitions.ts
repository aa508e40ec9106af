import type { FlowDefinition } from '../flow/definition.ts';
import type { Catalog } from '../model/catalog.ts';
import type { JsonObject } from '../support/json.ts';

/** What `step` may look up beside the state: all of it immutable while a step runs. */
export interface Definitions {
  /** A pinned revision. */
  revision(namespace: string, flow: string, revision: number): FlowDefinition | undefined;
  /** The head as of an offset of `flows` (records at that offset and after do not count), or the newest. */
  head(namespace: string, flow: string, flowsOffset?: number): FlowDefinition | undefined;
  readonly catalog: Catalog;
  /** N, for finding the partition of an entity. */
  readonly partitions: number;
  /** `globals` of millrace.yaml, copied into each execution's first event. */
  readonly globals: JsonObject;
}
