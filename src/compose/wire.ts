/**
 * The shells of one process, wired to ports: what main.ts does with adapters, the simulator does with its own.
 *
 * Life: made → `start` (flows are replicated, executor and worker join, views are read) → `deploy` any number of
 * times → `listen` (requests are answered) → `stop`. The order of `stop` is the order in which work flows: no
 * new requests, no more triggers, then tasks are finished or handed back, then the executor writes what it has begun, then views
 * take it in. Health and metrics answer from the beginning of `start` to the end of `stop`.
 */
import { executorTaskTypes } from '../engine/tasks/index.ts';
import { createExecutor, type Executor } from '../executor/executor.ts';
import { FlowFollower } from '../executor/flow-follower.ts';
import type { FlowFile } from '../flow/deployment.ts';
import type { HttpServer } from '../http/server.ts';
import type { ManagementServer } from '../http/management.ts';
import { Indexer } from '../indexer/indexer.ts';
import { buildCatalog, type Catalog } from '../model/catalog.ts';
import type { PluginManifest } from '../plugin/manifest.ts';
import type { LogProducer } from '../ports/log.ts';
import { present } from '../support/assert.ts';
import { Worker } from '../worker/worker.ts';
import { countedLog } from './counted-log.ts';
import { type DeployedFile, Deployer, type DeployOptions } from './deployer.ts';
import type { Ports, Settings } from './ports.ts';
import { surroundingsOf, TriggerParts } from './trigger-parts.ts';

/** Where a process answers; undefined where it does not. */
export interface Addresses {
  readonly url: string | undefined;
  readonly managementUrl: string | undefined;
}

/** One catalog for the same plugins, also in a process that wires many: checks are compiled for each catalog. */
const catalogs = new WeakMap<readonly PluginManifest[], Catalog>();

/** Every task and trigger type of the engine and of these plugins. */
export function catalogOf(manifests: readonly PluginManifest[]): Catalog {
  const known = catalogs.get(manifests);
  if (known !== undefined) return known;
  const catalog = buildCatalog({
    tasks: [...executorTaskTypes, ...manifests.flatMap(({ tasks }) => tasks)],
    triggers: manifests.flatMap(({ triggers }) => triggers),
  });
  catalogs.set(manifests, catalog);
  return catalog;
}

/** What a stop leaves to each part, of all the time that there is. */
const DRAIN_SHARE = 0.3;
const WORKER_SHARE = 0.4;
const EXECUTOR_SHARE = 0.2;

export class Shells {
  readonly catalog: Catalog;
  readonly flows: FlowFollower;
  readonly #ports: Ports;
  readonly #settings: Settings;
  readonly #deployments: LogProducer;
  readonly #deployer: Deployer;
  readonly #executor: Executor | undefined;
  readonly #worker: Worker | undefined;
  readonly #indexer: Indexer | undefined;
  readonly #triggers: TriggerParts | undefined;
  #http: HttpServer | undefined;
  #management: ManagementServer | undefined;
  #managementUrl: string | undefined;
  #phase: 'starting' | 'listening' | 'stopping' = 'starting';
  #executorWasReady = false;

  constructor(ports: Ports, settings: Settings) {
    const log = countedLog(ports.log, ports.metrics);
    const counted = { ...ports, log };
    const { roles } = settings;
    this.#ports = counted;
    this.#settings = settings;
    this.catalog = catalogOf(ports.plugins.manifests);
    this.flows = new FlowFollower({ ...counted, catalog: this.catalog });
    this.#deployments = log.producer();
    this.#deployer = new Deployer(this.#deployments, this.flows);
    const { catalog, flows } = this;
    const { globals, executor, worker, sessionMs } = settings;
    if (roles.has('executor')) {
      this.#executor = createExecutor({ ...counted, catalog, flows, globals, settings: executor });
    }
    if (roles.has('worker')) {
      this.#worker = new Worker({ ...counted, catalog, ...worker, sessionMs });
    }
    if (roles.has('api')) {
      const store = present(ports.views, 'views of the api role');
      this.#indexer = new Indexer({ ...counted, store });
    }
    if (roles.has('api') || roles.has('trigger')) {
      const feed = this.#indexer;
      this.#triggers = new TriggerParts({ ports: counted, settings, catalog, flows, feed });
    }
  }

  async start(): Promise<void> {
    await this.#startManagement();
    await Promise.all([
      this.flows.current(),
      this.#indexer?.start(),
      this.#executor?.start(),
      this.#worker?.start(),
    ]);
    await this.#triggers?.start();
  }

  /** Deploys files; call it after `start`, so that they are compared with everything deployed before. */
  async deploy(
    files: readonly FlowFile[],
    options: DeployOptions,
  ): Promise<readonly DeployedFile[]> {
    return this.#deployer.deploy(files, options);
  }

  /** Answers requests from now on, once views contain what had happened before the start. */
  async listen(): Promise<Addresses> {
    await this.#indexer?.caughtUp;
    const url = this.#indexer === undefined ? undefined : await this.#startHttp(this.#indexer);
    this.#phase = 'listening';
    return { url, managementUrl: this.#managementUrl };
  }

  /** Resolves when all is handed over or finished, within about `graceMs`. The log is not closed. */
  async stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#phase = 'stopping';
    await this.#http?.stop({ drainMs: graceMs * DRAIN_SHARE });
    await this.#triggers?.stopRole();
    await this.#worker?.stop({ graceMs: graceMs * WORKER_SHARE });
    await this.#executor?.stop({ drainMs: graceMs * EXECUTOR_SHARE });
    await this.#triggers?.close();
    await this.#indexer?.stop();
    await this.flows.close();
    this.#deployments.close();
    await this.#management?.stop();
  }

  /** Why this process is not ready for work, or undefined when it is. */
  readiness(): string | undefined {
    if (this.#phase !== 'listening') return this.#phase;
    // Partitions come and go later; only the first opening is part of a start.
    this.#executorWasReady ||= this.#executor?.status().ready ?? true;
    if (!this.#executorWasReady) return 'partitions are being restored';
    return (this.#triggers?.isReady ?? true) ? undefined : 'triggers are being taken over';
  }

  /** hono and what belongs to it is loaded only by processes that answer. */
  async #startHttp(indexer: Indexer): Promise<string> {
    const { createHttp } = await import('../http/server.ts');
    const { http, globals, version } = this.#settings;
    const { flows, catalog } = this;
    const views = present(this.#ports.views, 'views of the api role');
    const readiness = (): string | undefined => this.readiness();
    const settings = http;
    const own = { indexer, flows, catalog, views, readiness, settings, globals, version };
    const { board } = present(this.#triggers, 'the board of the api role');
    const { topics } = surroundingsOf(this.#ports, this.#settings);
    this.#http = createHttp({ ...this.#ports, ...own, board, topics });
    return (await this.#http.start()).url;
  }

  async #startManagement(): Promise<void> {
    const { managementPort: port, http, version } = this.#settings;
    if (port === undefined) return;
    const { createManagement } = await import('../http/management.ts');
    const { metrics } = this.#ports;
    const readiness = (): string | undefined => this.readiness();
    const { host } = http;
    this.#management = createManagement({ readiness, metrics, version, host, port });
    this.#managementUrl = (await this.#management.start()).managementUrl;
  }
}

/** The shells of the roles in `settings`; nothing runs before `start`. */
export function wire(ports: Ports, settings: Settings): Shells {
  return new Shells(ports, settings);
}
