import type { FaultPlan } from '../../src/adapters/faults/faults.ts';
import { withFaults } from '../../src/adapters/faults/faulty-log.ts';
import { openSqliteLog, type SqliteLog } from '../../src/adapters/sqlite/log.ts';
import { defaultExecutorSettings } from '../../src/executor/settings.ts';
import type { LogProducer } from '../../src/ports/log.ts';
import { encodeFlow } from '../../src/records/flows.ts';
import { topicSpecs } from '../../src/records/topics.ts';
import { silentLogger } from '../support/memory-ports.ts';
import { check } from './checker.ts';
import { Client } from './client.ts';
import { History } from './history.ts';
import { MemoryBlobStore, Outside } from './outside.ts';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';
import { randomFlow } from './random-flow.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimProcess, type World } from './sim-process.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface SimulationResult {
  readonly seed: number;
  /** Empty when everything held. */
  readonly problems: readonly string[];
  /** What the world did to the processes, line by line. */
  readonly story: readonly string[];
  /** The compact log. */
  readonly log: () => string;
  readonly executions: number;
  readonly events: number;
  readonly ignored: number;
  readonly virtualMs: number;
}

const PARTITIONS = 3;
/** Starts come for this long, and faults with them; then the cluster is left in peace. */
const TROUBLE_MS = 30_000;
/** After it everything must come to its end. */
const PEACE_MS = 10 * 60_000;

/** More than a session and a take-over: the last effects of a dead owner are repeated by then. */
const QUIET_MS = 20_000;

/** One history: what happens is decided by the seed alone. */
export async function simulate(seed: number, bug?: PlantedBug): Promise<SimulationResult> {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const topics = topicSpecs({ partitions: PARTITIONS, workerGroups: ['default'] });
  const fence = random.chance(0.75);
  const log = await openSqliteLog({ file: ':memory:', topics, clock, logger: silentLogger, fence });
  const story: string[] = [`fence ${fence ? 'on' : 'off'}`];
  const world: World = {
    clock,
    log,
    outside: new Outside(),
    blobs: new MemoryBlobStore(),
    plant: bug === undefined ? (inner) => inner : plantedBugs[bug],
    settings: {
      ...defaultExecutorSettings,
      checkpointIntervalMs: 300 + random.next() * 5_000,
      checkpointEvents: 20 + random.integer(200),
    },
    tell: (line) => story.push(`${String(Math.round(clock.monotonic())).padStart(7)} ${line}`),
  };
  const history = new History(log);
  const processes = processesOf(world, random);
  const flows = await deploy(log, clock, random.fork());
  const client = clientOf(log, clock, random, flows);
  for (const process of processes.all) process.boot();
  for (let n = 8 + random.integer(30); n > 0; n -= 1) client.startWithin(TROUBLE_MS * 0.8);
  trouble(processes.all, clock, random.fork());
  await clock.runUntil(() => false, TROUBLE_MS);
  for (const process of processes.all) process.heal();
  const isOver = (): boolean => client.waiting === 0 && isDone(history, client);
  const ended = await clock.runUntil(isOver, PEACE_MS);
  // Public records and views follow the last event, when every partition has found its next owner.
  await clock.runUntil(() => false, QUIET_MS);
  const problems = await check(history, client.promised, world.outside, processes.api.views);
  const stuck = ended ? [] : ['not everything has ended after ten minutes of peace'];
  const print = history.print.bind(history);
  const virtualMs = clock.monotonic();
  await history.close();
  await log.close();
  const executions = history.byExecution.size;
  const { events, ignored } = history;
  return {
    seed,
    problems: [...stuck, ...problems],
    story,
    log: () => print(),
    executions,
    events: events.length,
    ignored,
    virtualMs,
  };
}

function isDone(history: History, { promised }: Client): boolean {
  if (history.live > 0 || history.foreign < promised.foreign) return false;
  for (const id of promised.ids) if (!history.hasEnded(id)) return false;
  for (const ids of promised.keys.values()) {
    if (![...ids].some((id) => history.hasEnded(id))) return false;
  }
  return true;
}

function processesOf(
  world: World,
  random: SeededRandom,
): { readonly all: readonly SimProcess[]; readonly api: SimProcess } {
  const plan = randomPlan(random);
  const make = (name: string, role: 'api' | 'executor' | 'worker'): SimProcess =>
    new SimProcess(world, name, role, random.fork(), plan);
  const api = make('api', 'api');
  const all = [
    make('executor-1', 'executor'),
    make('executor-2', 'executor'),
    make('worker-1', 'worker'),
    make('worker-2', 'worker'),
    api,
  ];
  return { all, api };
}

function randomPlan(random: SeededRandom): FaultPlan {
  const some = (chance: number, maxMs: number): { chance: number; maxMs: number } => ({
    chance: random.chance(0.7) ? random.next() * chance : 0,
    maxMs,
  });
  return {
    delay: some(0.3, 300),
    lostAcknowledgement: some(0.1, 2_000),
    duplicate: { chance: random.next() * 0.2 },
    refusal: some(0.01, 3_000),
    slowDelivery: some(0.3, 500),
    crash: { chance: random.chance(0.8) ? random.next() * 0.01 : 0 },
  };
}

/** Kills and stops from outside, at any moment. */
function trouble(
  processes: readonly SimProcess[],
  clock: VirtualClock,
  random: SeededRandom,
): void {
  for (let n = random.integer(8); n > 0; n -= 1) {
    const victim = processes[random.integer(processes.length)];
    const zombie = random.chance(0.4);
    const forMs = random.next() * 15_000;
    clock.after(random.next() * TROUBLE_MS, () => {
      if (zombie) victim?.freeze(forMs);
      else victim?.crash();
    });
  }
}

async function deploy(
  log: SqliteLog,
  clock: VirtualClock,
  random: SeededRandom,
): Promise<readonly [string, ...string[]]> {
  const producer = log.producer();
  const names: [string, ...string[]] = ['flow-0', 'flow-1', 'flow-2'];
  let deployed = 0;
  for (const name of names) {
    const record = encodeFlow({ namespace: 'sim', flow: name, source: randomFlow(name, random) });
    void producer.send('flows', 0, record).then(() => {
      deployed += 1;
    });
  }
  await clock.runUntil(() => deployed === names.length, 1_000);
  producer.close();
  return names;
}

function clientOf(
  log: SqliteLog,
  clock: VirtualClock,
  random: SeededRandom,
  flows: readonly [string, ...string[]],
): Client {
  const plan = { ...randomPlan(random), crash: { chance: 0 } };
  const session = withFaults(log.session({ clock }), { plan, random: random.fork(), clock });
  const producer: LogProducer = session.producer();
  return new Client({ clock, random: random.fork(), producer, partitions: PARTITIONS, flows });
}
