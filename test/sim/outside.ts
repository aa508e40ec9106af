import type { BlobStore, StoredBlob } from '../../src/ports/blob-store.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { sleep } from '../../src/ports/clock.ts';
import { type TaskContext, TaskFailure, type TaskRunner } from '../../src/plugin/index.ts';
import type { PluginManifest } from '../../src/plugin/manifest.ts';
import { sha256HexOfText } from '../../src/support/digest.ts';
import type { Json, JsonObject } from '../../src/support/json.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What the tasks of all workers do to the world: an effect by its idempotency key. */
export class Outside {
  /** How often each key was used, and by which task run. */
  readonly effects = new Map<string, { readonly taskRun: string; calls: number }>();

  /** `sim.work` as a process of this clock does it: the effect happens at some moment of its time. */
  work(clock: Clock, random: SeededRandom): TaskRunner {
    return async (properties: JsonObject, context: TaskContext) => {
      await sleep(
        clock,
        random.chance(0.1) ? random.next() * 8_000 : random.next() * 400,
        context.signal,
      );
      this.#effect(context);
      await sleep(clock, random.next() * 100, context.signal);
      if (context.signal.aborted) throw new Error('interrupted');
      const failUntil = properties['failUntil'];
      if (typeof failUntil === 'number' && context.attempt < failUntil) {
        const outcome = properties['unknown'] === true ? 'unknown' : 'definite';
        throw new TaskFailure('sim.declined', 'declined', { outcome });
      }
      return { value: valueOf(properties) };
    };
  }

  #effect({ idempotencyKey, taskRun }: TaskContext): void {
    const effect = this.effects.get(idempotencyKey) ?? { taskRun, calls: 0 };
    effect.calls += 1;
    this.effects.set(idempotencyKey, effect);
  }
}

function valueOf({ value = null, many }: JsonObject): Json {
  if (typeof many !== 'number') return value;
  return Array.from({ length: many }, (_, n) => ({ n, text: 'x'.repeat(LARGE) }));
}

/** A hundred of them are more than a record holds. */
const LARGE = 5_000;

/** The manifest of the plugin that the simulated flows use. */
export const simPlugin: PluginManifest = {
  name: 'sim',
  version: '0.0.0',
  description: 'Work of the simulator.',
  folder: '/sim',
  settings: {},
  triggers: [],
  tasks: [
    {
      type: 'sim.work',
      title: 'Work',
      description: 'Does something outside.',
      where: 'worker',
      properties: {
        value: { 'x-kind': 'templated', description: 'Given back.' },
        many: {
          'x-kind': 'static',
          description: 'Gives a list of so many large values.',
          type: 'integer',
        },
        failUntil: {
          'x-kind': 'static',
          description: 'Fails before this attempt.',
          type: 'integer',
        },
        unknown: {
          'x-kind': 'static',
          description: 'Does not say whether it happened.',
          type: 'boolean',
        },
      },
      required: [],
      children: [],
      internal: false,
    },
  ],
};

/** Blobs that every process shares and that outlive all of them. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<string, Uint8Array>();

  put(bytes: Uint8Array): Promise<StoredBlob> {
    const sha256 = sha256HexOfText(Buffer.from(bytes).toString('utf8'));
    const uri = `blob:${sha256}`;
    this.#blobs.set(uri, bytes);
    return Promise.resolve({ uri, bytes: bytes.length, sha256 });
  }

  get(uri: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#blobs.get(uri));
  }

  delete(uri: string): Promise<void> {
    this.#blobs.delete(uri);
    return Promise.resolve();
  }
}
