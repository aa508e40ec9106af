import { type FaultyLog, withFaults } from '../../src/adapters/faults/faulty-log.ts';
import type { CrashPoint } from '../../src/adapters/faults/faults.ts';
import type { LogSession } from '../../src/adapters/sqlite/log.ts';
import { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import type { Ports } from '../../src/compose/ports.ts';
import { wire } from '../../src/compose/wire.ts';
import type { TopicBatch } from '../../src/ports/topics.ts';
import { Api } from './api.ts';
import { lethal } from './lethal-input.ts';
import { ProcessClock } from './process-clock.ts';
import { processTopics } from './process-topics.ts';
import type { SeededRandom } from './seeded-random.ts';
import { simPlugins, simTrigger } from './sim-plugins.ts';
import { calm, type Weather } from './trouble.ts';
import type { Sight } from './witness.ts';
import type { World } from './world.ts';

/** How long a process has to end in order. */
const GRACE_MS = 10_000;
/** How long a dead process stays dead. */
const REST_MS_MIN = 200;
const REST_MS_MAX = 8_000;
/** How long an append is waited for before a process stands still in it. */
const APPENDING_MS = 500;
/** Due times are seconds apart. */
const TRIGGER_APPENDING_MS = 3_000;
/** Clocks of machines may be as wrong. */
const SKEW_MS_MAX = 3_600_000;
/** Of those that fire due times: as usual, or enough to miss some. Each second more is more executions. */
const TRIGGER_SKEW_MS = 3_000;
const MISSING_SKEW_MS = 80_000;

const deaths: Readonly<Record<CrashPoint, Sight>> = {
  'before-append': 'a process dies before an append',
  'after-append': 'a process dies after an append',
  'before-send': 'a process dies before a send',
  'after-send': 'a process dies after a send',
};

export type SimRole = 'api' | keyof typeof peers;

const peers = {
  executor: 'an executor',
  worker: 'a worker',
  trigger: 'a trigger process',
} as const;

/** What a process is from a start to its death: nothing of it is left for the next life. */
interface Life {
  readonly clock: ProcessClock;
  readonly log: FaultyLog;
  /** Set while it answers. */
  api?: Api;
  stop?: () => Promise<void>;
}

/**
 * A process of the cluster: the product's shells over a log that fails. It dies when its weather or the world
 * says so, comes back later with nothing but what the log has (and its views, a file), and may stand still.
 */
export class SimProcess {
  readonly name: string;
  readonly #world: World;
  readonly role: SimRole;
  readonly #random: SeededRandom;
  readonly #weather: Weather;
  /** Like a file: they outlive the process. */
  readonly #views = new SqliteViews(':memory:');
  #life: Life | undefined;
  #lives = 0;

  constructor(world: World, name: string, role: SimRole, random: SeededRandom, weather: Weather) {
    this.name = name;
    this.#world = world;
    this.role = role;
    this.#random = random;
    this.#weather = weather;
  }

  get views(): SqliteViews {
    return this.#views;
  }

  /** The api of the present life, once it answers. */
  get api(): Api | undefined {
    return this.#life?.api;
  }

  /** True while it is neither dead nor standing still. */
  get isWell(): boolean {
    const life = this.#life;
    const answers = this.role !== 'api' || life?.api !== undefined;
    return answers && life?.clock.isRunning === true;
  }

  boot(): void {
    if (this.#life !== undefined) return;
    const { clock: world, log, tell } = this.#world;
    this.#lives += 1;
    tell(`${this.name} starts (life ${this.#lives})`);
    const skewMs = this.#skewMs();
    const clock = new ProcessClock(world, skewMs);
    const session = log.session({ clock });
    const faulty = withFaults(session, {
      plan: this.#weather,
      random: this.#random,
      clock,
      onCrash: (point, topic, partition) => {
        if (this.#life !== life) return;
        this.#world.witness.saw(deaths[point]);
        this.#die(`${point} ${topic}/${partition}`);
      },
    });
    const life: Life = { clock, log: faulty };
    this.#life = life;
    this.#run(life, session).catch((error: unknown) => {
      // What a dead process was waiting for ends somehow.
      if (this.#life !== life) return;
      this.#world.witness.problems.push(`${this.name} did not start: ${String(error)}`);
    });
  }

  /** The process ends here and now. */
  crash(how: string): void {
    if (this.#life === undefined) return;
    if (how === 'kill -9') this.#world.witness.saw('a process is killed');
    this.#life.log.crash();
    this.#die(how);
  }

  /** SIGTERM. */
  stop(): void {
    const life = this.#life;
    if (life?.stop === undefined) return;
    this.#world.tell(`${this.name} is to stop`);
    void life.stop().then(async () => {
      if (this.#life !== life) return;
      this.#world.witness.saw('a process stops in order');
      await life.log.close();
      if (this.#life === life) this.#die('stopped');
    });
  }

  /** SIGSTOP, and SIGCONT after a while. */
  freeze(forMs: number): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#world.tell(`${this.name} stands still for ${Math.round(forMs)} ms`);
    life.clock.freeze();
    life.log.freeze();
    this.#world.clock.after(forMs, () => {
      if (this.#life !== life) return;
      this.#world.tell(`${this.name} goes on`);
      this.#thaw(life, forMs);
    });
  }

  /** Stands still in the middle of an append, where there is one: it gets into the log after the stand-still. */
  freezeInAppend(forMs: number): void {
    const life = this.#life;
    if (life === undefined) return;
    const { clock, log } = this.#world;
    const isTrigger = this.role === 'trigger';
    const topic = isTrigger ? this.#random.pick(['starts', 'triggers'] as const) : 'events';
    const releases = Array.from({ length: log.partitionCount(topic) }, (_, partition) =>
      life.log.faults.stall(topic, partition),
    );
    clock.after(isTrigger ? TRIGGER_APPENDING_MS : APPENDING_MS, () => {
      if (this.#life === life) this.freeze(forMs);
      clock.after(forMs, () => {
        for (const release of releases) release();
      });
    });
  }

  /** Somebody sets it, ahead or back. */
  setClock(): void {
    const life = this.#life;
    if (life === undefined) return;
    const skewMs = this.#skewMs();
    this.#world.tell(`the clock of ${this.name} is set to ${Math.round(skewMs)} ms off`);
    this.#world.witness.saw('a clock is set');
    life.clock.set(skewMs);
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    calm(this.#weather);
  }

  #thaw(life: Life, afterMs: number): void {
    const { settings, witness } = this.#world;
    if (afterMs > settings.executor.sessionMs && this.role !== 'api') {
      witness.saw(`${peers[this.role]} stands still for longer than its session`);
    }
    life.clock.thaw();
    life.log.thaw();
  }

  #die(how: string): void {
    this.#life?.clock.kill();
    this.#life = undefined;
    this.#world.tell(`${this.name} dies: ${how}`);
    const restMs = REST_MS_MIN + this.#random.next() * (REST_MS_MAX - REST_MS_MIN);
    this.#world.clock.after(restMs, () => this.boot());
  }

  async #run(life: Life, session: LogSession): Promise<void> {
    const ports = this.#ports(life, session);
    if (this.role === 'api') return this.#answer(life, ports);
    const { settings } = this.#world;
    const shells = wire(ports, {
      roles: new Set([this.role]),
      executor: settings.executor,
      worker: { groups: ['default'], slots: settings.slots },
      sessionMs: settings.executor.sessionMs,
      http: {
        host: '',
        port: 0,
        bodyBytesMax: 0,
        startsUnfinishedMax: settings.startsUnfinishedMax,
      },
      managementPort: undefined,
      globals: {},
      version: 'sim',
    });
    life.stop = () => shells.stop({ graceMs: GRACE_MS });
    await shells.start();
  }

  async #answer(life: Life, ports: Ports): Promise<void> {
    const { settings, witness } = this.#world;
    const places = await this.#views.places();
    if (places.size > 0) witness.saw('views go on where they were');
    const api = new Api(ports, this.#views, settings.startsUnfinishedMax);
    await api.start();
    life.api = api;
    life.stop = () => {
      delete life.api;
      return api.stop();
    };
  }

  #ports({ clock, log }: Life, { membership }: LogSession): Ports {
    const { outside, blobs, plant, witness, watched } = this.#world;
    const work = outside.work(clock, this.#random);
    const life = this.#lives;
    const planted = plant.log?.(log) ?? log;
    const own = this.role === 'trigger' ? watched.watch(planted, `${this.name} ${life}`) : planted;
    return {
      ...this.#topics(log, clock),
      log: lethal(own, () => this.crash('an input that nobody survives')),
      membership,
      clock,
      random: this.#random,
      logger: witness.logger(this.name, () => this.#life !== undefined && this.#lives === life),
      metrics: witness.metrics(),
      secrets: { get: () => undefined },
      variable: () => 'on',
      blobs,
      plugins: {
        manifests: simPlugins,
        task: (type) =>
          Promise.resolve(type === 'sim.work' ? { runner: work, settings: {} } : undefined),
        trigger: simTrigger,
      },
    };
  }

  /** Users' topics, where there are some. */
  #topics(log: FaultyLog, clock: ProcessClock): Pick<Ports, 'topics'> {
    const { listening, plant } = this.#world;
    if (listening === undefined || this.role !== 'trigger') return {};
    const onDelivered = (batch: TopicBatch): void => listening.delivered(batch);
    const own = processTopics({ topics: listening.topics, log, clock, onDelivered });
    const topics = plant.topics?.(own) ?? own;
    return {
      topics: {
        names: ['default'],
        connection: (name) => (name === 'default' ? Promise.resolve(topics) : undefined),
        close: () => Promise.resolve(),
      },
    };
  }

  #skewMs(): number {
    const random = this.#random;
    if (random.chance(0.5)) return 0;
    const share = random.next() * 2 - 1;
    if (this.role !== 'trigger') return share * SKEW_MS_MAX;
    const skewMs = random.chance(0.5)
      ? share * TRIGGER_SKEW_MS
      : Math.sign(share) * MISSING_SKEW_MS + share * TRIGGER_SKEW_MS;
    this.#world.listening?.skews.push(skewMs);
    return skewMs;
  }
}
