import { describe, expect, it } from 'vitest';
import { referenceMarker } from '../../../src/model/reference.ts';
import type {
  EmitResult,
  JsonObject,
  PollContext,
  PollTrigger,
} from '../../../src/plugin/index.ts';
import { TriggerWorld } from './trigger-world.ts';

const SECOND = 1_000;

/** A place with objects; what has been emitted is taken away, unless it was refused. */
class Place {
  readonly objects = new Set<string>();
  /** What is found beside the name. */
  beside: JsonObject = {};
  readonly results: (EmitResult | 'rejected')[] = [];
  readonly looks: number[] = [];
  /** Called between what was emitted and what follows it. */
  between: (() => void) | undefined;

  readonly trigger: PollTrigger = {
    kind: 'poll',
    poll: (_properties, context) => this.#poll(context),
  };

  async #poll(context: PollContext): Promise<void> {
    this.looks.push(context.now());
    const found = [...this.objects];
    await Promise.all(
      found.map(async (name) => {
        const result = await context.emit({
          fields: { value: { name }, ...this.beside },
          subject: name,
          idempotencyKey: name,
        });
        this.results.push(result);
        this.between?.();
        context.signal.throwIfAborted();
        if (result !== 'refused' && context.dry !== true) this.objects.delete(name);
      }),
    );
    await context.save({ looks: this.looks.length });
  }
}

function flow(trigger = ''): string {
  return `id: flow
namespace: demo
inputs: [{ id: name, type: string, required: false }]
triggers:
  - { id: look, type: test.place, interval: 10s, inputs: { name: << trigger.value.name >> }${trigger} }
tasks: [{ id: say, type: log, message: hello }]
`;
}

async function placed(): Promise<{ readonly world: TriggerWorld; readonly place: Place }> {
  const place = new Place();
  const triggers = [{ type: 'test.place', trigger: place.trigger }];
  return { world: await TriggerWorld.open({ triggers }), place };
}

describe('a poll', () => {
  it('starts nothing by an event that imitates a reference, in whatever field', async () => {
    const { world, place } = await placed();
    world.boot();
    await world.deploy(flow());
    for (const [name, beside] of [
      ['field', { [referenceMarker]: 1 }],
      ['inside', { headers: [{ [referenceMarker]: 'x' }] }],
    ] as const) {
      place.beside = beside;
      place.objects.add(name);
      await world.pass(15 * SECOND);
      place.objects.delete(name);
    }
    expect(await world.starts()).toEqual([]);
    expect(new Set(place.results)).toEqual(new Set(['refused']));
    const messages = (await world.decisions()).map(({ reason, message }) => `${reason} ${message}`);
    expect(new Set(messages)).toEqual(
      new Set([
        `reserved-key field: trigger holds the key \`${referenceMarker}\`, which is reserved`,
        `reserved-key inside: trigger.headers holds the key \`${referenceMarker}\`, which is reserved`,
      ]),
    );
  });

  it('looks at its interval, at its owner alone', async () => {
    const { world, place } = await placed();
    world.boot();
    world.boot();
    await world.pass(2 * SECOND);
    await world.deploy(flow());
    await world.pass(60 * SECOND);
    expect(place.looks.length).toBeGreaterThanOrEqual(6);
    const gaps = place.looks.slice(1).map((at, index) => at - (place.looks[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10 * SECOND);
    expect(Math.max(...gaps)).toBeLessThan(10.5 * SECOND);
  });

  it('starts each object once, also a thousand in one look', async () => {
    const { world, place } = await placed();
    world.boot(['executor']);
    world.boot();
    await world.deploy(flow());
    for (let n = 0; n < 1_000; n += 1) place.objects.add(`object-${n}`);
    await world.until('all are taken', () => place.objects.size === 0);
    expect(new Set(place.results)).toEqual(new Set(['started']));
    await world.pass(SECOND);
    const created = await world.created();
    expect(created).toHaveLength(1_000);
    expect(new Set(created.map(({ inputs }) => inputs['name'])).size).toBe(1_000);
  });

  it('is killed between a start and what follows it: the next owner finds a duplicate', async () => {
    const { world, place } = await placed();
    world.boot(['executor']);
    const first = world.boot();
    await world.deploy(flow());
    place.objects.add('invoice');
    place.between = () => {
      place.between = undefined;
      first.kill();
      throw new Error('dead');
    };
    await world.until('it is started', () => place.results.length === 1);
    world.boot();
    await world.until('it is taken away', () => place.objects.size === 0);
    expect(place.results).toEqual(['started', 'duplicate']);
    expect(await world.created()).toHaveLength(1);
  });

  it('says which execution has had the idempotencyKey that the flow gives it', async () => {
    const { world, place } = await placed();
    world.boot(['executor']);
    world.boot();
    await world.deploy(flow(', idempotencyKey: same'));
    place.objects.add('invoice');
    await world.until('it is started', () => place.results.length === 1);
    place.objects.add('another');
    await world.until('both are taken', () => place.results.length === 2);
    expect(place.results).toEqual(['started', 'duplicate']);
    expect(world.counted).toEqual({ started: 1, duplicate: 1 });
    const [execution] = await world.created();
    const [decision, ...others] = await world.decisions();
    expect(decision).toMatchObject({ trigger: 'look', reason: 'duplicate' });
    expect(decision?.message).toContain(`execution ${execution?.execution} has the same`);
    expect(others).toEqual([]);
  });

  it('keeps an object that the flow cannot take, and says why', async () => {
    const { world, place } = await placed();
    world.boot();
    await world.deploy(flow(', idempotencyKey: << trigger.value.nothing >>'));
    place.objects.add('invoice');
    await world.pass(25 * SECOND);
    expect(new Set(place.results)).toEqual(new Set(['refused']));
    expect(place.objects.size).toBe(1);
    const [decision] = await world.decisions();
    expect(decision).toMatchObject({ reason: 'expression-failed', trigger: 'look' });
  });

  it('goes on when no executor answers: what is in the log will be executed', async () => {
    const { world, place } = await placed();
    world.boot();
    await world.deploy(flow());
    place.objects.add('invoice');
    await world.until('it is taken', () => place.objects.size === 0);
    world.boot(['executor']);
    await world.pass(10 * SECOND);
    expect(await world.created()).toHaveLength(1);
  });
});

describe('a dry look', () => {
  it('shows ten events at most, starts nothing and keeps everything', async () => {
    const { world, place } = await placed();
    for (let n = 0; n < 15; n += 1) place.objects.add(`object-${n}`);
    const state: JsonObject = { plugin: { looks: 3 }, lookedMs: 1 };
    const tried = await world.tryOut(flow(), place.trigger, state);
    expect(tried.events).toHaveLength(10);
    expect(tried.isCut).toBe(true);
    expect(tried.events[0]).toMatchObject({
      outcome: 'would-start',
      trigger: { value: { name: 'object-0' }, type: 'test.place', id: 'look' },
      inputs: { name: 'object-0' },
      idempotencyKey: 'demo/flow/look/object-0',
    });
    expect(place.objects.size).toBe(15);
    expect(await world.starts()).toEqual([]);
  });
});
