/** Trigger processes over one log in virtual time, and what came of them. */
import { onTestFinished } from 'vitest';
import { type FaultyLog, withFaults } from '../../../src/adapters/faults/faulty-log.ts';
import { openSqliteLog, type SqliteLog } from '../../../src/adapters/sqlite/log.ts';
import { openSqliteTopics, type SqliteTopics } from '../../../src/adapters/sqlite/topics-port.ts';
import type { Ports, Role } from '../../../src/compose/ports.ts';
import { catalogOf, type Shells, wire } from '../../../src/compose/wire.ts';
import { defaultExecutorSettings } from '../../../src/executor/settings.ts';
import { FlowRegistry } from '../../../src/flow/registry.ts';
import type { ExecutionCreated } from '../../../src/model/events.ts';
import type { OutgoingRecord, TopicName } from '../../../src/model/log-records.ts';
import type { DeadLetter, Decision } from '../../../src/model/records.ts';
import type { StartRequest } from '../../../src/model/starts.ts';
import type { TriggerRecord } from '../../../src/model/triggers.ts';
import { PluginHost } from '../../../src/plugin/host.ts';
import type { JsonObject, PollTrigger, Trigger } from '../../../src/plugin/index.ts';
import type { PluginManifest } from '../../../src/plugin/manifest.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { LogRecord } from '../../../src/ports/log.ts';
import type { Topics, TopicsProvider } from '../../../src/ports/topics.ts';
import { decodeDecision } from '../../../src/records/decisions.ts';
import { decodeDeadLetter } from '../../../src/records/dlq.ts';
import { decodeEvent } from '../../../src/records/events.ts';
import { encodeFlow } from '../../../src/records/flows.ts';
import { decodeStart } from '../../../src/records/starts.ts';
import { topicSpecs } from '../../../src/records/topics.ts';
import { decodeTriggerRecord, encodeTriggerRecord } from '../../../src/records/triggers.ts';
import { present } from '../../../src/support/assert.ts';
import { keyOf } from '../../../src/trigger/target.ts';
import { type Tried, tryTrigger } from '../../../src/trigger/try-trigger.ts';
import { MemoryBlobStore } from '../../sim/outside.ts';
import { ProcessClock } from '../../sim/process-clock.ts';
import { SeededRandom } from '../../sim/seeded-random.ts';
import { VirtualClock } from '../../sim/virtual-clock.ts';
import { noMetrics, silentLogger } from '../../support/memory-ports.ts';

const PARTITIONS = 3;
const SESSION_MS = 6_000;

/** A trigger type of a test. */
export interface TestTrigger {
  readonly type: string;
  readonly trigger: Trigger;
}

export interface WorldOptions {
  readonly triggers?: readonly TestTrigger[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly startsUnfinishedMax?: number;
}

const builtIn = await PluginHost.load([], {});
// Loading a module takes real time, in which virtual minutes would pass.
for (const { triggers } of builtIn.manifests) {
  for (const { type } of triggers) await builtIn.trigger(type);
}

export class TriggerWorld {
  readonly clock: VirtualClock;
  readonly log: SqliteLog;
  /** What the processes complain of. */
  readonly lines: string[] = [];
  /** `millrace_trigger_events_total` of all processes, by decision. */
  readonly counted: Record<string, number> = {};
  readonly #random = new SeededRandom(7);
  readonly #blobs = new MemoryBlobStore();
  readonly #options: WorldOptions;
  readonly #manifests: readonly PluginManifest[];
  #topics: SqliteTopics | undefined;

  private constructor(clock: VirtualClock, log: SqliteLog, options: WorldOptions) {
    this.clock = clock;
    this.log = log;
    this.#options = options;
    this.#manifests = [...builtIn.manifests, manifestOf(options.triggers ?? [])];
  }

  static async open(options: WorldOptions = {}): Promise<TriggerWorld> {
    const topics = topicSpecs({ partitions: PARTITIONS, workerGroups: ['default'] });
    const clock = new VirtualClock();
    const log = await openSqliteLog({ file: ':memory:', topics, clock, logger: silentLogger });
    onTestFinished(() => log.close());
    return new TriggerWorld(clock, log, options);
  }

  /**
   * Users' topics, as the connection `default` of processes that are started from then on. `laterMs` goes before
   * the world's time: what retention removes depends on it.
   */
  async openTopics(laterMs: () => number = () => 0): Promise<SqliteTopics> {
    const { clock } = this;
    const shifted: Clock = {
      now: () => clock.now() + laterMs(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, call) => clock.after(delayMs, call),
      yield: () => clock.yield(),
    };
    const random = this.#random.fork();
    const ports = { clock: shifted, random, logger: silentLogger };
    this.#topics = await openSqliteTopics({ file: ':memory:', ...ports });
    onTestFinished(() => this.#topics?.close());
    return this.#topics;
  }

  /** Starts a process; it is at work after a while of virtual time. */
  boot(roles: readonly Role[] = ['trigger']): TriggerProcess {
    return new TriggerProcess(this, roles);
  }

  /** Lets virtual time pass. */
  async pass(ms: number): Promise<void> {
    await this.clock.runUntil(() => false, ms);
  }

  /** Lets time pass until the condition holds. */
  async until(what: string, condition: () => boolean, forMs = 120_000): Promise<void> {
    if (!(await this.clock.runUntil(condition, forMs))) throw new Error(`never: ${what}`);
  }

  async deploy(source: string | null, id = 'flow', namespace = 'demo'): Promise<void> {
    await this.send('flows', 0, encodeFlow({ namespace, flow: id, source }));
    await this.pass(500);
  }

  async write(partition: number, record: TriggerRecord): Promise<void> {
    await this.send('triggers', partition, encodeTriggerRecord(record));
  }

  async send(topic: TopicName, partition: number, record: OutgoingRecord) {
    const producer = this.log.producer();
    let done = false;
    const sent = producer.send(topic, partition, record).finally(() => {
      done = true;
    });
    await this.clock.runUntil(() => done, 10_000);
    producer.close();
    return sent;
  }

  /** `triggers test` of the flow's first trigger. */
  async tryOut(source: string, trigger: PollTrigger, state?: JsonObject): Promise<Tried> {
    const catalog = catalogOf(this.#manifests);
    const registry = new FlowRegistry({ catalog });
    const record = { namespace: 'demo', flow: 'flow', source };
    registry.apply({ offset: 0, timestampMs: 0, record: { ok: true, value: record } });
    const flow = present(registry.head('demo', 'flow'), 'the flow');
    const definition = present(flow.triggers[0], 'a trigger');
    const found = { flow, definition };
    const clock = new ProcessClock(this.clock, 0);
    const surroundings = {
      ...this.ports(
        withFaults(this.log, { plan: {}, random: this.#random, clock }),
        this.log.membership,
        clock,
      ),
      globals: {},
      topics: () => Promise.reject(new Error('there are no topics')),
    };
    return tryTrigger({
      surroundings,
      registry,
      target: { ...found, key: keyOf(found), settings: {}, trigger },
      state,
      signal: new AbortController().signal,
    });
  }

  async starts(): Promise<readonly StartRequest[]> {
    return this.#all('starts', (record, partition) => {
      const origin = { topic: 'starts', partition, offset: record.offset };
      const start = decodeStart(record, origin);
      return start.ok ? [start.value] : [];
    });
  }

  /** Starts that an executor takes: of each source what rises, of each key the first. */
  async taken(): Promise<readonly StartRequest[]> {
    const highest = new Map<string, number>();
    const keys = new Set<string>();
    return this.#all('starts', (record, partition) => {
      const start = decodeStart(record, { topic: 'starts', partition, offset: record.offset });
      if (!start.ok) return [];
      const { source, idempotencyKey } = start.value;
      if (idempotencyKey !== undefined) {
        if (keys.has(idempotencyKey)) return [];
        keys.add(idempotencyKey);
      } else if (source !== undefined) {
        const place = `${partition} ${source.id}`;
        if (source.sequence <= (highest.get(place) ?? -1)) return [];
        highest.set(place, source.sequence);
      }
      return [start.value];
    });
  }

  async created(): Promise<readonly ExecutionCreated[]> {
    return this.#all('events', (record) => {
      const decoded = decodeEvent(record);
      return decoded.kind === 'event' && decoded.event.type === 'execution.created'
        ? [decoded.event]
        : [];
    });
  }

  async decisions(): Promise<readonly Decision[]> {
    return this.#all('decisions', (record) => {
      const decoded = decodeDecision(record);
      return decoded.ok ? [decoded.value] : [];
    });
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    return this.#all('dlq', (record) => {
      const decoded = decodeDeadLetter(record);
      return decoded.ok ? [decoded.value] : [];
    });
  }

  async triggerRecords(): Promise<readonly (TriggerRecord & { readonly key: string })[]> {
    return this.#all('triggers', (record) => {
      const decoded = decodeTriggerRecord(record);
      return decoded.ok ? [{ ...decoded.value, key: record.key ?? '' }] : [];
    });
  }

  /** Keys of the topic that have a record, as compaction would leave them. */
  async triggerKeys(): Promise<readonly string[]> {
    const kept = new Set<string>();
    await this.#all('triggers', ({ key, value }) => {
      if (value === null) kept.delete(key ?? '');
      else kept.add(key ?? '');
      return [];
    });
    return [...kept].sort();
  }

  /** What a process works with. */
  ports(log: FaultyLog, membership: SqliteLog['membership'], clock: Clock): Ports {
    const { triggers = [], secrets = {} } = this.#options;
    return {
      log,
      membership,
      clock,
      random: this.#random.fork(),
      logger: {
        ...silentLogger,
        warn: (_fields, message) => this.lines.push(message),
        error: (_fields, message) => this.lines.push(message),
        child: () => this.ports(log, membership, clock).logger,
      },
      metrics: {
        ...noMetrics,
        count: (name, { decision = '' } = {}) => {
          if (name !== 'millrace_trigger_events_total') return;
          this.counted[decision] = (this.counted[decision] ?? 0) + 1;
        },
        text: () => Promise.resolve(''),
      },
      secrets: { get: (name) => secrets[name] },
      variable: () => undefined,
      blobs: this.#blobs,
      ...(this.#topics === undefined ? {} : { topics: defaultConnection(this.#topics) }),
      plugins: {
        manifests: this.#manifests,
        task: (type) => builtIn.task(type),
        async trigger(type) {
          const own = triggers.find((one) => one.type === type);
          if (own !== undefined) return { trigger: own.trigger, settings: {} };
          return builtIn.trigger(type);
        },
      },
    };
  }

  settings(roles: readonly Role[]) {
    return {
      roles: new Set(roles),
      executor: { ...defaultExecutorSettings, sessionMs: SESSION_MS },
      worker: { groups: ['default'], slots: 4 },
      sessionMs: SESSION_MS,
      http: {
        host: '',
        port: 0,
        bodyBytesMax: 0,
        startsUnfinishedMax: this.#options.startsUnfinishedMax ?? 1_000_000,
      },
      managementPort: undefined,
      globals: {},
      version: 'test',
    };
  }

  /** Long topics are read page by page, with turns in between that take virtual time. */
  async #all<Item>(
    topic: TopicName,
    read: (record: LogRecord, partition: number) => readonly Item[],
  ): Promise<readonly Item[]> {
    const items: Item[] = [];
    const readAll = async (): Promise<void> => {
      for (let partition = 0; partition < this.log.partitionCount(topic); partition += 1) {
        const { start, end } = await this.log.bounds(topic, partition);
        if (start === end) continue;
        for await (const records of this.log.read(topic, partition, start, end)) {
          for (const record of records) items.push(...read(record, partition));
        }
      }
    };
    await this.clock.runThrough(readAll());
    return items;
  }
}

/** A process in its one life. */
export class TriggerProcess {
  readonly #world: TriggerWorld;
  readonly #clock: ProcessClock;
  readonly #log: FaultyLog;
  readonly #shells: Shells;
  #offsetMs = 0;
  #isReady = false;

  constructor(world: TriggerWorld, roles: readonly Role[]) {
    this.#world = world;
    this.#clock = new ProcessClock(world.clock, 0);
    const clock: Clock = {
      now: () => this.#clock.now() + this.#offsetMs,
      monotonic: () => this.#clock.monotonic(),
      after: (delayMs, call) => this.#clock.after(delayMs, call),
      yield: () => this.#clock.yield(),
    };
    const session = world.log.session({ clock });
    this.#log = withFaults(session, { plan: {}, random: new SeededRandom(1), clock });
    this.#shells = wire(world.ports(this.#log, session.membership, clock), world.settings(roles));
    void this.#shells.start().then(() => {
      this.#isReady = true;
    });
    onTestFinished(() => this.kill());
  }

  /** True when it owns what it was given. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Somebody sets its clock. */
  setClock(byMs: number): void {
    this.#offsetMs += byMs;
  }

  kill(): void {
    this.#log.crash();
    this.#clock.kill();
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    await this.#world.clock.runThrough(this.#shells.stop({ graceMs: 10_000 }));
    this.kill();
  }

  freeze(): void {
    this.#clock.freeze();
    this.#log.freeze();
  }

  thaw(): void {
    this.#clock.thaw();
    this.#log.thaw();
  }
}

function defaultConnection(topics: Topics): TopicsProvider {
  return {
    names: ['default'],
    connection: (name) => (name === 'default' ? Promise.resolve(topics) : undefined),
    close: () => Promise.resolve(),
  };
}

function manifestOf(triggers: readonly TestTrigger[]): PluginManifest {
  const text = { 'x-kind': 'templated', type: 'string', description: 'Anything.' } as const;
  return {
    name: 'test',
    version: '0.0.0',
    description: 'Of a test.',
    folder: '/test',
    settings: {},
    tasks: [],
    triggers: triggers.map(({ type, trigger: { kind } }) => ({
      type,
      title: type,
      description: 'Of a test.',
      kind,
      properties: { text, interval: { ...text, 'x-kind': 'static' } },
      required: [],
      fields: ['value'],
    })),
  };
}
