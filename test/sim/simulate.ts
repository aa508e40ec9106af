import { withFaults } from '../../src/adapters/faults/faulty-log.ts';
import { openSqliteLog } from '../../src/adapters/sqlite/log.ts';
import { silentLogger } from '../support/memory-ports.ts';
import { checkRestores } from './check-restore.ts';
import { check } from './checker.ts';
import { Client } from './client.ts';
import { deploy, flowNames, lethalName } from './flows.ts';
import { History } from './history.ts';
import { Listening } from './listening.ts';
import { lookBack } from './look-back.ts';
import { MemoryBlobStore, Outside } from './outside.ts';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimProcess, type SimRole } from './sim-process.ts';
import { randomWeather, strike, strikeTriggers } from './trouble.ts';
import { VirtualClock } from './virtual-clock.ts';
import { WatchedStarts } from './watched-starts.ts';
import { type Sight, Witness } from './witness.ts';
import { PARTITIONS, randomSettings, type World } from './world.ts';

export interface SimulationResult {
  readonly seed: number;
  /** Empty when everything held. */
  readonly problems: readonly string[];
  /** What the world did to the processes, line by line. */
  readonly story: readonly string[];
  /** What happened, and how often. */
  readonly seen: ReadonlyMap<Sight, number>;
  /** The compact log. */
  readonly log: () => string;
  readonly executions: number;
  readonly events: number;
  readonly virtualMs: number;
}

/** Starts come for this long, and faults with them; then the cluster is left in peace. */
const TROUBLE_MS = 30_000;
/** After it everything must come to its end. */
const PEACE_MS = 10 * 60_000;
/** Every process and every partition then works: a start in it has ended within this. */
const PROBE_MS = 3 * 60_000;
/** Public records and views follow the last event. */
const AFTERMATH_MS = 5_000;

const STARTS_MIN = 8;
const STARTS_MORE_MAX = 30;
/** How often it is compared what a restore would give. */
const RESTORES = 4;
/** How many histories have triggers: they take longer than others. */
const LISTENING_CHANCE = 0.35;
/** In peace due times are fired for so long. */
const TICKING_MS = 20_000;
const FENCE_CHANCE = 0.6;
const LETHAL_CHANCE = 0.06;

/** One history: what happens is decided by the seed alone. */
export async function simulate(seed: number, bug?: PlantedBug): Promise<SimulationResult> {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const story: string[] = [];
  const tell = (line: string): void => {
    story.push(`${String(Math.round(clock.monotonic())).padStart(7)} ${line}`);
  };
  const world = await createWorld(clock, random, tell, bug);
  const { log, witness, outside, listening } = world;
  const history = new History(log);
  const processes = processesOf(world, random);
  const [api] = processes;
  const deployer = await deploy(log, clock, random.fork(), TROUBLE_MS);
  const client = clientOf(world, random, () => api.api);
  for (const process of processes) process.boot();
  cleanEvery(world);
  listening?.begin(TROUBLE_MS * 0.9);
  for (let n = STARTS_MIN + random.integer(STARTS_MORE_MAX); n > 0; n -= 1) {
    client.startWithin(TROUBLE_MS * 0.8);
  }
  if (random.chance(LETHAL_CHANCE)) client.startFlowWithin(TROUBLE_MS, lethalName);
  strike(processes, clock, random.fork(), TROUBLE_MS);
  strikeTriggers(processes, clock, random.fork(), TROUBLE_MS);
  const restores = (): Promise<void> => checkRestores(log, clock, history, witness);
  for (let n = 0; n < RESTORES; n += 1) {
    clock.after(random.next() * TROUBLE_MS, () => void restores());
  }
  await clock.runUntil(() => false, TROUBLE_MS);
  tell('nothing goes wrong any more');
  for (const process of processes) process.calm();
  const late = await finish(world, client, history, processes);
  await clock.runThrough(restores());
  const { promised } = client;
  const ended = { history, promised, outside, listening, views: api.views, api: api.api };
  const problems = [...late, ...witness.problems, ...(await check(ended))];
  const executions = history.byExecution.size;
  const events = history.events.length;
  const virtualMs = clock.monotonic();
  const { seen } = witness;
  await clock.runThrough(lookBack(world, history));
  deployer.close();
  await history.close();
  await listening?.close();
  await log.close();
  return { seed, problems, story, seen, log: () => history.print(), executions, events, virtualMs };
}

async function createWorld(
  clock: VirtualClock,
  random: SeededRandom,
  tell: World['tell'],
  bug: PlantedBug | undefined,
): Promise<World> {
  const fence = random.chance(FENCE_CHANCE);
  const settings = randomSettings(random.fork(), fence);
  tell(`fence ${fence ? 'on' : 'off'}`);
  const { topics } = settings;
  const log = await openSqliteLog({ file: ':memory:', topics, clock, logger: silentLogger, fence });
  const witness = new Witness();
  const parts = { log, clock, random: random.fork(), witness };
  const listening = random.chance(LISTENING_CHANCE) ? await Listening.open(parts) : undefined;
  return {
    clock,
    log,
    outside: new Outside(),
    blobs: new MemoryBlobStore(),
    plant: bug === undefined ? {} : plantedBugs[bug],
    listening,
    watched: new WatchedStarts(witness),
    settings,
    witness,
    tell,
  };
}

function processesOf(
  world: World,
  random: SeededRandom,
): readonly [api: SimProcess, ...others: SimProcess[]] {
  const make = (name: string, role: SimRole): SimProcess =>
    new SimProcess(world, name, role, random.fork(), randomWeather(random));
  const several = (role: SimRole): readonly SimProcess[] =>
    Array.from({ length: 1 + random.integer(3) }, (_, at) => make(`${role}-${at + 1}`, role));
  const triggers = world.listening === undefined ? [] : several('trigger');
  return [make('api', 'api'), ...several('executor'), ...several('worker'), ...triggers];
}

function clientOf(
  { log, clock, witness }: World,
  random: SeededRandom,
  api: () => SimProcess['api'],
): Client {
  const plan = { ...randomWeather(random), crash: { chance: 0 } };
  const session = withFaults(log.session({ clock }), { plan, random: random.fork(), clock });
  return new Client({
    clock,
    random: random.fork(),
    api,
    producer: session.producer(),
    partitions: PARTITIONS,
    flows: flowNames,
    witness,
  });
}

/** Retention and compaction, far more often than anybody needs them. */
function cleanEvery(world: World): void {
  const { clock, log, settings } = world;
  clock.after(settings.cleanEveryMs, () => {
    void log.clean().then(() => cleanEvery(world));
  });
}

/** @returns what has not come to its end in time. */
async function finish(
  { clock, listening }: World,
  client: Client,
  history: History,
  processes: readonly SimProcess[],
): Promise<readonly string[]> {
  if (listening !== undefined) clock.after(TICKING_MS, () => listening.removeSchedule());
  const isOver = (): boolean =>
    client.isIdle && (listening?.isOver(history) ?? true) && history.isOver;
  const open = (): string =>
    [history.open, ...(listening === undefined ? [] : [listening.open])].join(', ');
  if (!(await clock.runUntil(isOver, PEACE_MS))) {
    return [`not everything has ended after ${PEACE_MS / 60_000} minutes of peace: ${open()}`];
  }
  client.probe();
  listening?.send('starts');
  const areWell = (): boolean => isOver() && processes.every(({ isWell }) => isWell);
  const works = await clock.runUntil(areWell, PROBE_MS);
  await clock.runUntil(() => false, AFTERMATH_MS);
  return works ? [] : [`a partition or a process does not work after it all: ${open()}`];
}
