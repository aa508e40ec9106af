import type { PluginHost } from '../plugin/host.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Membership } from '../ports/membership.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TopicsProvider } from '../ports/topics.ts';
import type { ViewStore } from '../ports/views.ts';
import type { ExecutorSettings } from '../executor/settings.ts';
import type { JsonObject } from '../support/json.ts';
import type { ProxyChoice } from '../support/proxied-agent.ts';

/** What a process can be; one process may be several. */
export const roles = ['api', 'executor', 'worker', 'trigger', 'indexer'] as const;

export type Role = (typeof roles)[number];

/** Everything of the outside that the shells of a process use; adapters in main.ts, or a simulator's. */
export interface Ports {
  readonly log: Log;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics & { text(): Promise<string> };
  readonly secrets: Secrets;
  /** Variables that flows may read by `env('X')`. */
  readonly variable: (name: string) => string | undefined;
  readonly blobs: BlobStore;
  /** Users' topics; undefined: there are no connections. */
  readonly topics?: TopicsProvider;
  /** Proxies of what plugins connect to; undefined: none. */
  readonly proxyFor?: ProxyChoice | undefined;
  /** Needed by the api role. */
  readonly views?: ViewStore;
  readonly plugins: Pick<PluginHost, 'manifests' | 'task' | 'trigger'>;
}

export interface Settings {
  readonly roles: ReadonlySet<Role>;
  readonly executor: ExecutorSettings;
  readonly worker: { readonly groups: readonly string[]; readonly slots: number };
  /** A worker that is not heard of for this long is gone, ms. */
  readonly sessionMs: number;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly bodyBytesMax: number;
    readonly startsUnfinishedMax: number;
  };
  /** Port of health and metrics; undefined: none. */
  readonly managementPort: number | undefined;
  /** `globals` of millrace.yaml. */
  readonly globals: JsonObject;
  readonly version: string;
}
