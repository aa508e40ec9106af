import { describe, expect, it } from 'vitest';
import { referenceMarker } from '../../../src/model/reference.ts';
import type { PauseRecord } from '../../../src/model/triggers.ts';
import type { JsonObject } from '../../../src/plugin/index.ts';
import { fed, flow, numbers } from './feed.ts';

const SECOND = 1_000;

const kept: readonly (readonly [string, number])[] = [
  ['dlq', 1],
  ['skip', 0],
];

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

  it('for another event has had the same idempotencyKey', async () => {
    const { world, feed } = await fed();
    world.boot(['executor']);
    const first = world.boot();
    await world.deploy(flow('    idempotencyKey: order-<< trigger.value.n >>'));
    feed.records.push({ n: 1 }, { n: 2 }, { n: 1 });
    await world.until('taken', () => feed.committed === 3);
    await world.pass(SECOND);
    const created = await world.created();
    const known = created.find(({ inputs }) => inputs['n'] === 1)?.execution;
    expect(await world.decisions()).toEqual([
      expect.objectContaining({
        trigger: 'feed',
        reason: 'duplicate',
        message: `execution ${known} has the same idempotencyKey`,
        origin: { topic: 'feed', partition: 0, offset: 2 },
      }),
    ]);
    expect(world.counted).toEqual({ started: 2, duplicate: 1 });
    // Read again after a crash the others are what they were: nothing is to be told of them.
    await world.pass(10 * SECOND);
    first.kill();
    feed.committed = 0;
    world.boot();
    await world.until('taken again', () => feed.committed === 3);
    await world.pass(10 * SECOND);
    const origins = (await world.decisions()).map(({ origin }) => origin.offset);
    expect(origins).toEqual([2, 2]);
    expect(await world.created()).toHaveLength(2);
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
    // What was read at the same time does not overtake it.
    expect((await world.starts()).map(({ inputs }) => inputs['n'])).toEqual([1]);
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

  /** So many levels of maps. */
  function nested(levels: number): JsonObject {
    let value: JsonObject = {};
    for (let level = 1; level < levels; level += 1) value = { deeper: value };
    return value;
  }

  it('is what imitates a reference, or nests too deep, whatever the trigger lets through', async () => {
    const { world, feed } = await fed();
    world.boot();
    await world.deploy(flow());
    const marked = { [referenceMarker]: 1, kind: 'reference', uri: 'file:of-somebody-else' };
    feed.records.push({ n: 1 }, { n: 2, marked }, { n: 3, deep: nested(200) }, { n: 4 });
    feed.records.push({ n: 5, deep: nested(20_000) }, { n: 6, deep: nested(199) });
    await world.until('taken', () => feed.committed === 6);
    expect((await world.starts()).map(({ inputs }) => inputs['n']).sort()).toEqual([1, 4, 6]);
    const decisions = await world.decisions();
    expect(
      decisions.map(({ reason, message, origin }) => [origin.offset, reason, message]),
    ).toEqual([
      [1, 'reserved-key', `trigger.value holds the key \`${referenceMarker}\`, which is reserved`],
      [2, 'too-deep', 'trigger.value nests deeper than 200 levels'],
      [4, 'too-deep', 'trigger.value nests deeper than 200 levels'],
    ]);
    const letters = await world.deadLetters();
    expect(letters.map(({ reason, origin }) => [reason, origin.offset]).sort()).toEqual([
      ['reserved-key', 1],
      ['too-deep', 2],
      ['too-deep', 4],
    ]);
  });

  it.each([
    ['expression-failed', '<< trigger.value.text | fromJson >>', `{"${referenceMarker}":1}`, '{}'],
    ['reserved-key', `"<< [trigger.value] | groupby('text') >>"`, referenceMarker, 'another'],
  ])('is what a mapping makes a reference of: %s', async (reason, any, hostile, harmless) => {
    const { world, feed } = await fed();
    world.boot();
    const mapping = flow()
      .replace('type: int }]', 'type: int }, { id: any, type: json }]')
      .replace('.n >> }', `.n >>, any: ${any} }`);
    await world.deploy(mapping);
    feed.records.push({ n: 1, text: hostile }, { n: 2, text: harmless });
    await world.until('taken', () => feed.committed === 2);
    expect((await world.starts()).map(({ inputs }) => inputs['n'])).toEqual([2]);
    expect(await world.decisions()).toMatchObject([
      { reason, message: expect.stringMatching(/^inputs/) as string, origin: { offset: 0 } },
    ]);
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
