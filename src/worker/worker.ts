import type { Catalog } from '../model/catalog.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Membership } from '../ports/membership.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TopicsProvider } from '../ports/topics.ts';
import type { PluginHost } from '../plugin/host.ts';
import type { ProxyChoice } from '../support/proxied-agent.ts';
import { EvaluationThread } from './evaluation.ts';
import { WorkerPool } from './pool.ts';
import { PropertyCheck } from './properties.ts';
import type { ResolvedTask, TaskRunTools } from './task-run.ts';

export interface WorkerOptions {
  readonly log: Log;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly secrets: Secrets;
  /** Variables that flows may read by `env('X')`. */
  readonly variable: (name: string) => string | undefined;
  readonly blobs: BlobStore;
  /** Users' topics; undefined: there are no connections. */
  readonly topics?: TopicsProvider;
  /** Proxies of what plugins connect to; undefined: none. */
  readonly proxyFor?: ProxyChoice | undefined;
  readonly plugins: Pick<PluginHost, 'task'>;
  readonly catalog: Catalog;
  /** Worker groups that this process works for. */
  readonly groups: readonly string[];
  /** Task runs at a time, in each group. */
  readonly slots: number;
  readonly sessionMs: number;
}

export interface WorkerStatus {
  readonly groups: readonly { readonly workerGroup: string; readonly running: number }[];
}

/** The worker role of a process: one pool a worker group, with shared tools. */
export class Worker {
  readonly #evaluation: EvaluationThread;
  readonly #pools: readonly { readonly workerGroup: string; readonly pool: WorkerPool }[];

  constructor(options: WorkerOptions) {
    this.#evaluation = new EvaluationThread(options.clock);
    const tools: TaskRunTools = {
      clock: options.clock,
      secrets: options.secrets,
      variable: options.variable,
      blobs: options.blobs,
      topics: options.topics,
      proxyFor: options.proxyFor,
      propertyCheck: new PropertyCheck(),
      evaluation: this.#evaluation,
      resolve: (type) => resolveTask(options, type),
    };
    this.#pools = options.groups.map((workerGroup) => ({
      workerGroup,
      pool: new WorkerPool({ ...options, tools, workerGroup }),
    }));
  }

  async start(): Promise<void> {
    await Promise.all(this.#pools.map(({ pool }) => pool.start()));
  }

  /** Finishes what it can within `graceMs` and hands back the rest. */
  async stop(options: { readonly graceMs: number }): Promise<void> {
    await Promise.all(this.#pools.map(({ pool }) => pool.stop(options)));
    await this.#evaluation.close();
  }

  status(): WorkerStatus {
    return {
      groups: this.#pools.map(({ workerGroup, pool }) => ({ workerGroup, running: pool.running })),
    };
  }
}

async function resolveTask(
  { plugins, catalog }: WorkerOptions,
  name: string,
): Promise<ResolvedTask | undefined> {
  const type = catalog.tasks.get(name);
  const task = await plugins.task(name);
  return type && task && { type, ...task };
}
