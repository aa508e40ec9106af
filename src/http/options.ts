import type { FlowRegistry } from '../flow/registry.ts';
import type { Catalog } from '../model/catalog.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { EventFeed } from '../ports/event-feed.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import type { ViewStore } from '../ports/views.ts';
import type { TriggerSurroundings } from '../trigger/services.ts';
import type { TriggerBoard } from '../trigger/trigger-board.ts';

/** This process's replica of `flows`. */
export interface FlowReplica {
  readonly registry: FlowRegistry;
  /** Calls once the replica includes every record below `offset`. Returns how to give up. */
  onReached(offset: number, call: () => void): () => void;
}

export interface HttpSettings {
  /** Loopback only: this version has no authentication. */
  readonly host: string;
  readonly port: number;
  readonly bodyBytesMax: number;
  /** Starts of a namespace that this process has sent and no executor has taken yet. */
  readonly startsUnfinishedMax: number;
}

/** Why the process is not ready for requests, or undefined when it is. */
export type Readiness = () => string | undefined;

export interface HttpOptions extends TriggerSurroundings {
  readonly log: Log;
  readonly views: ViewStore;
  readonly indexer: EventFeed;
  readonly flows: FlowReplica;
  readonly catalog: Catalog;
  readonly blobs: BlobStore;
  readonly random: Random;
  /** What is known of triggers. */
  readonly board: TriggerBoard;
  readonly metrics: Metrics & { text(): Promise<string> };
  readonly settings: HttpSettings;
  readonly readiness: Readiness;
  /** Shown by /version. */
  readonly version: string;
}
