import type {
  EmitResult,
  JsonObject,
  PollContext,
  PollEvent,
  PollTrigger,
} from '../../src/plugin/index.ts';
import { act, movesInCircles } from './action.ts';
import { Bucket } from './bucket.ts';
import { type Memory, memoryState, restoreMemory } from './memory.ts';
import { batchKey, fingerprint, objectFields, objectKey, type S3Object, uriOf } from './object.ts';
import { type Arrival, readArrival } from './settings.ts';
import { Sweep } from './sweep.ts';

/** Starts under way at a time; the shell holds them back where executors do not keep up. */
const STARTS_AT_ONCE = 64;
/** Actions under way at a time. */
const ACTIONS_AT_ONCE = 8;

/**
 * `s3.arrival`. A look goes over the whole list, takes the new objects, and then, in this order: their starts
 * are stored, the state says so, their actions are done. A crash between any two is made up for by the next
 * look: starts carry keys, and what the state holds as started gets its action and no second start, however
 * long the crash is ago.
 */
export const arrival: PollTrigger = {
  kind: 'poll',
  async poll(properties: JsonObject, context: PollContext): Promise<void> {
    const watch = readArrival(properties, context.settings);
    const { place, allow } = watch;
    const { signal, proxyFor } = context;
    const now = (): number => context.now();
    const bucket = await Bucket.open({ place, allow, signal, now, proxyFor });
    try {
      await new Look(watch, bucket, context).run();
    } finally {
      await bucket.close();
    }
  },
};

class Look {
  readonly #watch: Arrival;
  readonly #bucket: Bucket;
  readonly #context: PollContext;
  readonly #memory: Memory;

  constructor(watch: Arrival, bucket: Bucket, context: PollContext) {
    this.#watch = watch;
    this.#bucket = bucket;
    this.#context = context;
    const memory = restoreMemory(context.state, watch.identity);
    this.#memory = watch.action.type === 'none' ? withoutActions(memory) : memory;
  }

  async run(): Promise<void> {
    const { taken, unfinished, isMore, remembered } = await this.#sweep();
    const circle = taken.find((object) => movesInCircles(object, this.#watch));
    if (circle !== undefined) {
      throw new Error(`moveTo: ${circle.key} would arrive again where it is moved to`);
    }
    const started = await this.#start(taken);
    if (this.#context.dry === true) return;
    const toAct = this.#watch.action.type === 'none' ? [] : [...unfinished, ...started];
    const known = { ...remembered, batch: undefined };
    const isNews = taken.length > 0 || this.#memory.batch !== undefined;
    if (isNews) await this.#save({ ...known, unfinished: fingerprints(toAct) });
    if (isMore) this.#context.log('debug', 'more objects than maxObjects: the rest waits');
    await this.#act(toAct, known);
  }

  async #sweep() {
    const { prefix, allVersions, objectsMax, matches } = this.#watch;
    const sweep = new Sweep(this.#memory, { objectsMax });
    for await (const page of this.#bucket.list(prefix, allVersions)) {
      for (const object of page) {
        if (matches(object.key) && !isFolder(object)) sweep.see(object);
      }
    }
    return sweep.end();
  }

  /** Those that have an execution now. What was filtered or refused stays where it is, for a person to look at. */
  async #start(objects: readonly S3Object[]): Promise<readonly S3Object[]> {
    if (this.#watch.each === 'poll') return this.#startTogether(objects);
    const started: S3Object[] = [];
    await inParallel(objects, STARTS_AT_ONCE, async (object) => {
      const result = await this.#context.emit(eventOf([object], objectKey(object)));
      if (hasExecution(result)) started.push(object);
    });
    return started;
  }

  /**
   * The objects of a start that was cut off are fixed before it is sent: found again among others, they would
   * be another start.
   */
  async #startTogether(objects: readonly S3Object[]): Promise<readonly S3Object[]> {
    if (objects.length === 0) return [];
    const key = this.#memory.batch?.key ?? batchKey(objects);
    if (this.#memory.batch === undefined) {
      await this.#save({ ...this.#memory, batch: { key, objects: fingerprints(objects) } });
    }
    const result = await this.#context.emit(eventOf(objects, key));
    return hasExecution(result) ? objects : [];
  }

  /** @throws Error of the first that failed, once all were tried; those are tried again at the next look. */
  async #act(objects: readonly S3Object[], known: Omit<Memory, 'unfinished'>): Promise<void> {
    const failed: S3Object[] = [];
    const errors: Error[] = [];
    await inParallel(objects, ACTIONS_AT_ONCE, async (object) => {
      try {
        await act(this.#bucket, object, this.#watch);
      } catch (error) {
        this.#context.signal.throwIfAborted();
        failed.push(object);
        errors.push(error instanceof Error ? error : new Error(String(error)));
      }
    });
    if (failed.length < objects.length || this.#memory.unfinished.size > failed.length) {
      await this.#save({ ...known, unfinished: fingerprints(failed) });
    }
    const [first] = errors;
    if (first === undefined) return;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    throw new Error(`${first.message}${more}`, { cause: first });
  }

  async #save(memory: Memory): Promise<void> {
    if (this.#context.dry === true) return;
    await this.#context.save(memoryState(memory, this.#watch.identity));
  }
}

function eventOf(objects: readonly S3Object[], idempotencyKey: string): PollEvent {
  const [first] = objects;
  const more = objects.length > 1 ? ` and ${objects.length - 1} more` : '';
  return {
    fields: { objects: objects.map(objectFields) },
    idempotencyKey,
    subject: `${first === undefined ? '' : uriOf(first)}${more}`,
  };
}

/** The flow has had an action, and has none any more. */
function withoutActions(memory: Memory): Memory {
  const seen = new Set([...memory.seen, ...memory.unfinished]);
  return { ...memory, seen, unfinished: new Set() };
}

function hasExecution(result: EmitResult): boolean {
  return result === 'started' || result === 'duplicate';
}

/** Consoles make folders of empty objects. */
function isFolder({ key, size }: S3Object): boolean {
  return size === 0 && key.endsWith('/');
}

function fingerprints(objects: readonly S3Object[]): ReadonlySet<number> {
  return new Set(objects.map(fingerprint));
}

/** Rejects with the first rejection; then no further item is begun. */
async function inParallel<Item>(
  items: readonly Item[],
  count: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  const workers = Array.from({ length: Math.min(count, items.length) }, async () => {
    for (const item of queue) {
      if (failed) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  });
  await Promise.all(workers);
}
