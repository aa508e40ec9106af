/** Every role wired over the real adapters in memory: a whole Millrace within a test. */
import { EnvSecrets } from '../../src/adapters/system/env-secrets.ts';
import { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import type { Ports, Role, Settings } from '../../src/compose/ports.ts';
import { type Shells, wire } from '../../src/compose/wire.ts';
import { defaultExecutorSettings } from '../../src/executor/settings.ts';
import type { FlowFile } from '../../src/flow/deployment.ts';
import { PluginHost } from '../../src/plugin/host.ts';
import { type MemoryPorts, memoryPorts, noMetrics } from './memory-ports.ts';

export interface WiredShells {
  readonly shells: Shells;
  readonly ports: Ports;
  /** Address of the API. */
  readonly url: string;
  /** Address of health and metrics; empty unless a port is set. */
  readonly managementUrl: string;
  close(): Promise<void>;
}

export interface ShellsOptions {
  readonly roles?: readonly Role[];
  readonly flows?: readonly FlowFile[];
  readonly metrics?: Ports['metrics'];
  readonly settings?: Partial<Settings>;
  /** Ports in the place of the usual ones: a log with faults, secrets, a log that others share. */
  readonly ports?: (memory: MemoryPorts) => Partial<Ports>;
}

/** Started, with its flows, and listening on a free port. */
export async function startShells(options: ShellsOptions = {}): Promise<WiredShells> {
  const memory = await memoryPorts();
  const ports: Ports = {
    ...memory,
    membership: memory.log.membership,
    metrics: options.metrics ?? { ...noMetrics, text: () => Promise.resolve('') },
    secrets: new EnvSecrets({}),
    variable: () => undefined,
    views: new SqliteViews(':memory:'),
    plugins: await PluginHost.load([], {}),
    ...options.ports?.(memory),
  };
  const shells = wire(ports, {
    roles: new Set<Role>(options.roles ?? ['api', 'executor', 'worker', 'trigger']),
    executor: defaultExecutorSettings,
    worker: { groups: ['default'], slots: 4 },
    sessionMs: 6_000,
    http: { host: '127.0.0.1', port: 0, bodyBytesMax: 1_000_000, startsUnfinishedMax: 100 },
    managementPort: undefined,
    globals: {},
    version: '0.0.0-test',
    ...options.settings,
  });
  await shells.start();
  await shells.deploy(options.flows ?? [], { allOrNone: true, by: 'a test' });
  const { url = '', managementUrl = '' } = await shells.listen();
  return {
    shells,
    ports,
    url,
    managementUrl,
    async close() {
      await shells.stop({ graceMs: 2_000 });
      await ports.views?.close();
      await memory.close();
    },
  };
}
