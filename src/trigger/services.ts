import type { Applied, FlowRegistry } from '../flow/registry.ts';
import type { Catalog } from '../model/catalog.ts';
import type { PluginHost } from '../plugin/host.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogProducer } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { Topics } from '../ports/topics.ts';
import type { JsonObject } from '../support/json.ts';
import type { ProxyChoice } from '../support/proxied-agent.ts';
import type { DecisionBook } from './decision-book.ts';
import type { SequencedStartsOptions } from './sequenced-starts.ts';
import type { Starter } from './starter.ts';
import type { StatusReports } from './status-reports.ts';
import type { TriggerBoard } from './trigger-board.ts';

/** This process's replica of `flows`. */
export interface TriggerFlows {
  readonly registry: FlowRegistry;
  onApplied(listener: (applied: Applied) => void): () => void;
}

/** What evaluating a trigger needs, also where it only is tried. */
export interface TriggerSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly secrets: Secrets;
  /** Variables that flows may read by `env('X')`. */
  readonly variable: (name: string) => string | undefined;
  /** `globals` of millrace.yaml. */
  readonly globals: JsonObject;
  readonly plugins: Pick<PluginHost, 'trigger'>;
  /** Users' topics of a connection. @throws ConnectionMissing */
  readonly topics: (connection: string) => Promise<Topics>;
  /** Proxies of what plugins connect to; undefined: none. */
  readonly proxyFor?: ProxyChoice | undefined;
}

/** What running triggers needs of the process. */
export interface TriggerProcess extends TriggerSurroundings {
  readonly log: Log;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly blobs: BlobStore;
  readonly catalog: Catalog;
  /** Neither is closed by the role. */
  readonly flows: TriggerFlows;
  readonly board: TriggerBoard;
}

/** What the triggers of a process share. */
export interface TriggerServices extends TriggerProcess {
  /** For everything but starts without a key. */
  readonly producer: LogProducer;
  readonly decisions: DecisionBook;
  /** Starts that carry a key. */
  readonly keyed: Starter;
  /** Starts that carry a position. */
  readonly sequenced: SequencedStartsOptions;
  readonly statuses: StatusReports;
  /** This process in the log: drawn at its start. */
  readonly process: string;
}
