import { describe, expect, it } from 'vitest';
import type { StatusRecord } from '../../../src/model/triggers.ts';
import { ConnectionMissing } from '../../../src/plugin/index.ts';
import { fed, flow, numbers } from './feed.ts';
import type { TriggerWorld } from './trigger-world.ts';

const SECOND = 1_000;

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

  it('counts a record that is read again as a duplicate, over a change of process', async () => {
    const { world, feed } = await fed();
    world.boot(['executor']);
    const first = world.boot();
    await world.deploy(flow());
    feed.records.push(...numbers(30));
    await world.until('all are taken', () => feed.committed === 30);
    expect(world.counted).toEqual({ started: 30 });
    await world.pass(10 * SECOND);
    feed.committed = 0;
    first.kill();
    world.boot();
    await world.until('all are taken again', () => feed.committed === 30);
    feed.records.push(...numbers(1, 30));
    await world.until('a new one is taken', () => feed.committed === 31);
    expect(world.counted).toEqual({ started: 31, duplicate: 30 });
    await world.pass(5 * SECOND);
    expect(await world.created()).toHaveLength(31);
  });

  it('counts no record as a duplicate behind one whose fate nobody was told', async () => {
    const { world, feed } = await fed({ startsUnfinishedMax: 1 });
    const first = world.boot();
    await world.deploy(flow('    when: << trigger.value.n != 1 >>'));
    // The third one waits for an executor; the second one's decision is written meanwhile.
    feed.records.push(...numbers(3));
    await world.until('two are taken', () => feed.committed === 2);
    feed.records.push({ n: 1 });
    await world.pass(10 * SECOND);
    first.kill();
    world.boot(['executor']);
    world.boot();
    await world.until('all are taken', () => feed.committed === 4);
    await world.pass(5 * SECOND);
    expect(world.counted['started']).toBe(2);
    expect(world.counted['duplicate']).toBeUndefined();
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
