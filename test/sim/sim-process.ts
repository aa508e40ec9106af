import type { FaultPlan } from '../../src/adapters/faults/faults.ts';
import { type FaultyLog, withFaults } from '../../src/adapters/faults/faulty-log.ts';
import type { LogSession, SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import type { Ports, Role, Settings } from '../../src/compose/ports.ts';
import { type Shells, wire } from '../../src/compose/wire.ts';
import { Indexer } from '../../src/indexer/indexer.ts';
import type { Log } from '../../src/ports/log.ts';
import { noMetrics, silentLogger } from '../support/memory-ports.ts';
import { type MemoryBlobStore, type Outside, simPlugins } from './outside.ts';
import { ProcessClock } from './process-clock.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly log: SqliteLog;
  readonly outside: Outside;
  readonly blobs: MemoryBlobStore;
  /** Stands between a process and its log, where a bug is planted. */
  readonly plant: (log: Log) => Log;
  readonly settings: Settings['executor'];
  /** A line for the story of a failed seed. */
  readonly tell: (line: string) => void;
}

/**
 * A process of the cluster: the product's shells over a log that fails. It dies when the plan or the world
 * says so, comes back later with nothing but what the log has, and may stand still for a while.
 */
export class SimProcess {
  readonly name: string;
  readonly #world: World;
  readonly #role: Role;
  readonly #random: SeededRandom;
  /** Like a file: it outlives the process. */
  readonly #views = new SqliteViews(':memory:');
  #plan: FaultPlan;
  #clock: ProcessClock;
  #log: FaultyLog | undefined;
  #isUp = false;
  #lives = 0;

  constructor(world: World, name: string, role: Role, random: SeededRandom, plan: FaultPlan) {
    this.name = name;
    this.#world = world;
    this.#role = role;
    this.#random = random;
    this.#plan = plan;
    this.#clock = new ProcessClock(world.clock);
  }

  get views(): SqliteViews {
    return this.#views;
  }

  boot(): void {
    const { clock, log, tell } = this.#world;
    this.#lives += 1;
    this.#isUp = true;
    tell(`${this.name} starts (life ${this.#lives})`);
    this.#clock = new ProcessClock(clock);
    const session = log.session({ clock: this.#clock });
    this.#log = withFaults(session, {
      plan: this.#plan,
      random: this.#random,
      clock: this.#clock,
      onCrash: (point, topic, partition) => {
        this.#died(`${point} ${topic}/${partition}`);
      },
    });
    const life = this.#lives;
    this.#run(session).catch((error: unknown) => {
      // What a dead process was waiting for ends somehow.
      if (this.#isUp && this.#lives === life) tell(`${this.name} did not start: ${String(error)}`);
    });
  }

  /** kill -9 from outside. */
  crash(): void {
    if (!this.#isUp) return;
    this.#log?.crash();
    this.#died('kill -9');
  }

  /** SIGSTOP, and SIGCONT after a while. */
  freeze(forMs: number): void {
    if (!this.#isUp) return;
    const life = this.#lives;
    this.#world.tell(`${this.name} stands still for ${Math.round(forMs)} ms`);
    this.#clock.freeze();
    this.#log?.freeze();
    this.#world.clock.after(forMs, () => {
      if (this.#lives !== life || !this.#isUp) return;
      this.#world.tell(`${this.name} goes on`);
      this.#clock.thaw();
      this.#log?.thaw();
    });
  }

  /** From now on nothing goes wrong any more, and it is up. */
  heal(): void {
    this.#plan = {};
    this.crash();
    this.#world.clock.after(100, () => {
      if (!this.#isUp) this.boot();
    });
  }

  #died(how: string): void {
    this.#isUp = false;
    this.#clock.kill();
    this.#world.tell(`${this.name} dies: ${how}`);
    this.#world.clock.after(200 + this.#random.next() * 8_000, () => {
      if (!this.#isUp) this.boot();
    });
  }

  async #run(session: LogSession): Promise<void> {
    const ports = this.#ports(session);
    if (this.#role === 'api') await new Indexer({ ...ports, store: this.#views }).start();
    else await this.#shells(ports).start();
  }

  #shells(ports: Ports): Shells {
    return wire(ports, {
      roles: new Set([this.#role]),
      executor: this.#world.settings,
      worker: { groups: ['default'], slots: 4 },
      sessionMs: this.#world.settings.sessionMs,
      http: { host: '127.0.0.1', port: 0, bodyBytesMax: 1_000_000, startsUnfinishedMax: 1_000 },
      managementPort: undefined,
      globals: {},
      version: 'sim',
    });
  }

  #ports({ membership }: LogSession): Ports {
    const { outside, blobs, plant } = this.#world;
    const clock = this.#clock;
    const work = outside.work(clock, this.#random);
    const log = this.#log;
    if (log === undefined) throw new Error('a process without a log');
    return {
      log: plant(log),
      membership,
      clock,
      random: this.#random,
      logger: silentLogger,
      metrics: { ...noMetrics, text: () => Promise.resolve('') },
      secrets: { get: () => undefined },
      variable: () => undefined,
      blobs,
      plugins: {
        manifests: simPlugins,
        task: (type) =>
          Promise.resolve(type === 'sim.work' ? { runner: work, settings: {} } : undefined),
        trigger: () => Promise.resolve(undefined),
      },
    };
  }
}
