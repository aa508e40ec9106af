import { describe, expect, it } from 'vitest';
import type { PauseRecord, StatusRecord } from '../../../src/model/triggers.ts';
import {
  ConnectionMissing,
  type JsonObject,
  type StreamContext,
  type StreamTrigger,
} from '../../../src/plugin/index.ts';
import { type TestTrigger, TriggerWorld, type WorldOptions } from './trigger-world.ts';

const SECOND = 1_000;

/** Records that every process reads from the committed position on, all of them: nobody shares them out. */
class Feed {
  readonly records: (JsonObject | 'unreadable')[] = [];
  committed = 0;
  runs = 0;
  /** Thrown by a run, when it is set. */
  trouble: (() => Error) | undefined;

  readonly trigger: TestTrigger = {
    type: 'test.feed',
    trigger: {
      kind: 'stream',
      run: (properties, context) => this.#run(properties, context),
      sample: () => {
        const last = this.records.at(-1);
        if (last === undefined || last === 'unreadable') return Promise.resolve(undefined);
        return Promise.resolve(this.#event(last, this.records.length - 1));
      },
    } satisfies StreamTrigger,
  };

  async #run(_properties: JsonObject, context: StreamContext): Promise<void> {
    this.runs += 1;
    if (this.trouble !== undefined) throw this.trouble();
    let position = this.committed;
    const done = new Set<number>();
    let failed: unknown;
    while (!context.signal.aborted) {
      for (; position < this.records.length; position += 1) {
        const at = position;
        this.#hand(at, context).then(
          () => {
            done.add(at);
            while (done.has(this.committed)) this.committed += 1;
          },
          (error: unknown) => {
            failed ??= error;
          },
        );
      }
      context.report({ lag: this.records.length - this.committed });
      await context.pause(100);
      if (failed instanceof Error && !context.signal.aborted) throw failed;
    }
  }

  #hand(at: number, context: StreamContext): Promise<void> {
    const record = this.records[at];
    const origin = { topic: 'feed', partition: 0, offset: at };
    if (record === undefined || record === 'unreadable') {
      const refused = { reason: 'value-not-json', message: 'no JSON', origin, preview: 'x' };
      return context.refuse(refused);
    }
    return context.emit(this.#event(record, at));
  }

  #event(value: JsonObject, at: number) {
    const origin = { topic: 'feed', partition: 0, offset: at };
    return { fields: { value }, source: 'feed/0', sequence: at, origin };
  }
}

function flow(trigger = ''): string {
  return `id: flow
namespace: demo
inputs: [{ id: n, type: int }]
triggers:
  - id: feed
    type: test.feed
    inputs: { n: << trigger.value.n >> }
${trigger}
tasks: [{ id: say, type: log, message: hello }]
`;
}

async function fed(options: WorldOptions = {}): Promise<{ world: TriggerWorld; feed: Feed }> {
  const feed = new Feed();
  const world = await TriggerWorld.open({ ...options, triggers: [feed.trigger] });
  return { world, feed };
}

function numbers(count: number, from = 0): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({ n: from + index }));
}

const kept: readonly (readonly [string, number])[] = [
  ['dlq', 1],
  ['skip', 0],
];

describe('a stream', () => {
  it('starts one execution for each record, over processes that all read all, kills and resets', async () => {
    const { world, feed } = await fed();
    world.boot(['executor']);
    const first = world.boot();
    world.boot();
    await world.deploy(flow());
    feed.records.push(...numbers(100));
    await world.until('some are taken', () => feed.committed > 20);
    first.kill();
    world.boot();
    feed.records.push(...numbers(100, 100));
    await world.until('all are taken', () => feed.committed === 200);
    // An operator resets the position (F27).
    feed.committed = 0;
    world.boot();
    await world.until('all are taken again', () => feed.committed === 200);
    await world.pass(5 * SECOND);
    const created = await world.created();
    expect(created.map(({ inputs }) => inputs['n']).sort((a, b) => Number(a) - Number(b))).toEqual(
      numbers(200).map(({ n }) => n),
    );
    expect((await world.starts()).length).toBeGreaterThan(400);
  });

  it('sends a record to the same place under the same id, whatever the revision', async () => {
    const { world, feed } = await fed();
    world.boot();
    await world.deploy(flow());
    feed.records.push(...numbers(20));
    await world.until('taken', () => feed.committed === 20);
    feed.committed = 0;
    await world.deploy(flow('    labels: { changed: "yes" }'));
    await world.until('taken again', () => feed.committed === 20);
    const starts = await world.starts();
    expect(starts).toHaveLength(40);
    expect(await world.taken()).toHaveLength(20);
    const ids = new Set(
      starts.map(({ executionId, source }) => `${executionId} ${source?.sequence}`),
    );
    expect(ids.size).toBe(20);
    expect(new Set(starts.map(({ labels }) => labels['changed']))).toEqual(
      new Set([undefined, 'yes']),
    );
  });

  it('keeps the order of a source in each partition, also around values that are stored first', async () => {
    const { world, feed } = await fed();
    world.boot();
    await world.deploy(flow());
    const large = 'x'.repeat(300_000);
    feed.records.push(
      ...numbers(60).map((value, index) => (index % 7 === 0 ? { ...value, large } : value)),
    );
    await world.until('taken', () => feed.committed === 60);
    expect(await world.taken()).toHaveLength(60);
    const stored = (await world.taken()).filter(({ trigger }) =>
      JSON.stringify(trigger).includes('$millrace.reference'),
    );
    expect(stored).toHaveLength(9);
  });

  it('with a key of its own is one execution for each key, and carries no position', async () => {
    const { world, feed } = await fed();
    world.boot(['executor']);
    world.boot();
    await world.deploy(flow('    idempotencyKey: order-<< trigger.value.n >>'));
    feed.records.push(...numbers(10), ...numbers(10));
    await world.until('taken', () => feed.committed === 20);
    await world.pass(5 * SECOND);
    expect(await world.created()).toHaveLength(10);
    const [start] = await world.starts();
    expect(start?.source).toBeUndefined();
    expect(start?.idempotencyKey).toMatch(/^demo\/flow\/feed\/order-\d$/);
  });

  it('F18: waits while its namespace has too many unfinished starts', async () => {
    const { world, feed } = await fed({ startsUnfinishedMax: 5 });
    world.boot();
    await world.deploy(flow());
    feed.records.push(...numbers(30));
    await world.pass(10 * SECOND);
    expect(await world.starts()).toHaveLength(5);
    world.boot(['executor']);
    await world.until('all are taken', () => feed.committed === 30);
    await world.pass(2 * SECOND);
    expect(await world.created()).toHaveLength(30);
  });
});

describe('what starts nothing', () => {
  it('is told: the first ten of a minute one by one, the rest as a count', async () => {
    const { world, feed } = await fed();
    world.boot();
    await world.deploy(flow('    when: << trigger.value.n < 0 >>'));
    feed.records.push(...numbers(25));
    await world.until('taken', () => feed.committed === 25);
    expect(await world.decisions()).toHaveLength(10);
    await world.pass(61 * SECOND);
    const decisions = await world.decisions();
    expect(decisions.map(({ reason }) => reason)).toEqual(Array(11).fill('filtered'));
    expect(decisions.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(25);
    expect(decisions.at(-1)?.origin).toEqual({ topic: 'feed', partition: 0, offset: 24 });
    expect(await world.starts()).toEqual([]);
  });

  it.each(kept)('by onError: %s', async (onError, letters) => {
    const { world, feed } = await fed();
    world.boot();
    await world.deploy(flow(`    onError: ${onError}`));
    feed.records.push({ n: 1 }, { n: 'two' }, {}, { n: 4 });
    await world.until('taken', () => feed.committed === 4);
    expect((await world.starts()).map(({ inputs }) => inputs['n']).sort()).toEqual([1, 4]);
    const decisions = await world.decisions();
    expect(decisions.map(({ reason }) => reason).sort()).toEqual([
      'expression-failed',
      'inputs-invalid',
    ]);
    const dead = await world.deadLetters();
    expect(dead).toHaveLength(2 * letters);
    if (letters > 0) {
      const letter = dead.find(({ reason }) => reason === 'inputs-invalid');
      expect(letter).toMatchObject({
        namespace: 'demo',
        flow: 'flow',
        origin: { topic: 'feed', partition: 0, offset: 1 },
      });
      expect(letter?.preview).toContain('two');
    }
  });

  it('by onError: pause stops the trigger before the event, until it is changed', async () => {
    const { world, feed } = await fed();
    world.boot();
    await world.deploy(flow('    onError: pause'));
    feed.records.push({ n: 1 }, { n: 'two' }, { n: 3 });
    await world.pass(10 * SECOND);
    expect(feed.committed).toBe(1);
    const pauses = (await world.triggerRecords()).filter(
      (record): record is PauseRecord & { readonly key: string } => record.kind === 'pause',
    );
    expect(pauses[0]).toMatchObject({ trigger: 'demo/flow/feed', reason: 'inputs-invalid' });
    const runs = feed.runs;
    await world.pass(60 * SECOND);
    expect(feed.runs).toBe(runs);
    await world.deploy(flow('    onError: skip'));
    await world.until('the rest is taken', () => feed.committed === 3);
    expect(new Set((await world.taken()).map(({ inputs }) => inputs['n']))).toEqual(
      new Set([1, 3]),
    );
  });

  it('is what cannot be read: a dead letter and a decision', async () => {
    const { world, feed } = await fed();
    world.boot();
    await world.deploy(flow());
    feed.records.push({ n: 1 }, 'unreadable', { n: 3 });
    await world.until('taken', () => feed.committed === 3);
    expect(await world.deadLetters()).toMatchObject([
      { reason: 'value-not-json', origin: { topic: 'feed', offset: 1 } },
    ]);
    expect(await world.decisions()).toMatchObject([{ reason: 'value-not-json', trigger: 'feed' }]);
  });
});

describe('a trigger in trouble', () => {
  async function last(world: TriggerWorld): Promise<StatusRecord | undefined> {
    const all = (await world.triggerRecords()).filter(
      (record): record is StatusRecord & { readonly key: string } => record.kind === 'status',
    );
    return all.at(-1);
  }

  it('is tried again after growing pauses, never for good, and shows its error', async () => {
    const { world, feed } = await fed();
    feed.trouble = () => new Error('the broker is away');
    world.boot();
    await world.deploy(flow());
    await world.pass(20 * SECOND);
    const early = feed.runs;
    expect(early).toBeGreaterThanOrEqual(4);
    expect(early).toBeLessThanOrEqual(8);
    await world.pass(30 * 60 * SECOND);
    const late = feed.runs - early;
    expect(late).toBeGreaterThanOrEqual(28);
    expect(late).toBeLessThanOrEqual(64);
    expect(await last(world)).toMatchObject({
      state: 'FAILING',
      lastError: 'the broker is away',
    });
    feed.trouble = undefined;
    feed.records.push({ n: 1 });
    await world.until('it is taken', () => feed.committed === 1);
  });

  it('without its connection is WAITING, with one line', async () => {
    const { world, feed } = await fed();
    feed.trouble = () => new ConnectionMissing('there is no connection other');
    world.boot();
    await world.deploy(flow());
    await world.pass(5 * 60 * SECOND);
    expect(await last(world)).toMatchObject({
      state: 'WAITING',
      message: 'there is no connection other',
    });
    expect(world.lines.filter((line) => line.includes('no connection'))).toHaveLength(1);
  });

  it('says no secret that it was given', async () => {
    const { world, feed } = await fed({ secrets: { TOKEN: 'hunter22' } });
    feed.trouble = () => new Error('hunter22 was refused');
    world.boot();
    await world.deploy(flow(`    text: << secret('TOKEN') >>`));
    await world.pass(10 * SECOND);
    expect(await last(world)).toMatchObject({ lastError: '*** was refused' });
    expect(world.lines.join('\n')).not.toContain('hunter22');
  });

  it('says which secret is not set', async () => {
    const { world } = await fed();
    world.boot();
    await world.deploy(flow(`    text: << secret('TOKEN') >>`));
    await world.pass(10 * SECOND);
    expect((await last(world))?.lastError).toContain('MILLRACE_SECRET_TOKEN');
  });

  it('is shown with its lag', async () => {
    const { world, feed } = await fed({ startsUnfinishedMax: 3 });
    world.boot();
    await world.deploy(flow());
    feed.records.push(...numbers(10));
    await world.pass(15 * SECOND);
    expect(await last(world)).toMatchObject({ state: 'RUNNING', lag: 7 });
  });
});
