/** A shell of `s3.arrival` for tests: one look a call, with state and keys that outlive a crash. */
import { expect } from 'vitest';
import { arrival } from '../../plugins/s3/arrival.ts';
import type { EmitResult, JsonObject, PollContext, PollEvent } from '../../src/plugin/index.ts';
import type { TestBucket } from '../services/s3-bucket.ts';

/** Polls as the trigger role does: state and keys last, a process does not. */
export class Watch {
  readonly events: PollEvent[] = [];
  state: JsonObject | undefined;
  saves = 0;
  /** What becomes of an event that is no repeat. */
  decide: (event: PollEvent) => EmitResult | Promise<EmitResult> = () => 'started';
  onSave: () => void = () => undefined;
  emitting = 0;
  emittingMost = 0;
  readonly #keys = new Set<string>();
  readonly #properties: JsonObject;

  /** With these properties and no others. */
  static of(properties: JsonObject): Watch {
    return new Watch(undefined, properties);
  }

  constructor(bucket: TestBucket | undefined, properties: JsonObject = {}) {
    if (bucket === undefined) {
      this.#properties = properties;
      return;
    }
    const { endpoint, bucket: name, credentials } = bucket.place;
    this.#properties = {
      ...{ bucket: name, endpoint: endpoint ?? '' },
      ...{ accessKeyId: credentials?.accessKeyId ?? '' },
      ...{ secretAccessKey: credentials?.secretAccessKey ?? '', ...properties },
    };
  }

  async look(context: Partial<PollContext> = {}, properties: JsonObject = {}): Promise<void> {
    const all = { ...this.#properties, ...properties };
    const host = URL.parse(textOf(all['endpoint']))?.host ?? '';
    await arrival.poll(all, {
      ...{ namespace: 'test', flow: 'flow', trigger: 'arrival' },
      settings: { allow: host.startsWith('127.0.0.1:') ? [host] : [] },
      signal: new AbortController().signal,
      now: () => Date.now(),
      pause: () => Promise.resolve(),
      log: () => undefined,
      topics: () => Promise.reject(new Error('there are no topics')),
      state: this.state,
      emit: (event) => this.#emit(event),
      save: (state) => {
        this.onSave();
        this.saves += 1;
        expect(JSON.stringify(state).length).toBeLessThan(256 * 1024);
        this.state = structuredClone(state);
        return Promise.resolve();
      },
      report: () => undefined,
      ...context,
    });
  }

  /** Keys of the objects of all executions, in the order of their starts. */
  get started(): readonly string[] {
    return this.events.flatMap(({ fields }) => objectsOf(fields).map(({ key }) => key));
  }

  async #emit(event: PollEvent): Promise<EmitResult> {
    this.emitting += 1;
    this.emittingMost = Math.max(this.emittingMost, this.emitting);
    // As a start does: the answer comes later.
    await new Promise((resolve) => setImmediate(resolve));
    this.emitting -= 1;
    if (this.#keys.has(event.idempotencyKey)) return 'duplicate';
    const result = await this.decide(event);
    if (result !== 'started') return result;
    this.#keys.add(event.idempotencyKey);
    this.events.push(event);
    return result;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function objectsOf(
  fields: JsonObject,
): readonly { key: string; versionId: string | null }[] {
  // The trigger's own fields, as objectFields makes them.
  return fields['objects'] as unknown as readonly { key: string; versionId: string | null }[];
}
