import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDeployment } from '../../../src/flow/deployment.ts';
import { type Applied, FlowRegistry, type UnreadableRevision } from '../../../src/flow/registry.ts';
import { flowKey } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import type { FlowRecord } from '../../../src/model/records.ts';
import { sha256HexOfText } from '../../../src/support/digest.ts';
import { catalog } from './catalog.ts';

function source(message: string, flow = 'a'): string {
  return `id: ${flow}\nnamespace: ns\ntasks:\n  - { id: t, type: log, message: "${message}" }\n`;
}

/** A registry with a log in front of it. */
class Replica {
  readonly unreadable: UnreadableRevision[] = [];
  readonly registry = new FlowRegistry({
    catalog,
    onUnreadable: (revision) => this.unreadable.push(revision),
  });

  send(record: Partial<FlowRecord>): Applied {
    const value: FlowRecord = { namespace: 'ns', flow: 'a', source: null, ...record };
    const offset = this.registry.nextOffset;
    return this.registry.apply({
      offset,
      timestampMs: 1_000 + offset,
      record: { ok: true, value },
    });
  }
}

describe('the registry', () => {
  it('counts accepted records of a flow', () => {
    const replica = new Replica();
    expect(replica.send({ source: source('one') })).toMatchObject({
      change: 'created',
      revision: 1,
    });
    expect(replica.send({ source: source('x', 'b'), flow: 'b' })).toMatchObject({ revision: 1 });
    expect(replica.send({ source: source('two') })).toMatchObject({
      change: 'updated',
      revision: 2,
    });
    const head = replica.registry.head('ns', 'a');
    expect(head).toMatchObject({
      key: 'ns/a',
      revision: 2,
      offset: 2,
      sha256: sha256HexOfText(source('two')),
      source: source('two'),
    });
    expect(replica.registry.revision('ns', 'a', 1)).toMatchObject({ revision: 1, offset: 0 });
    expect(replica.registry.revision('ns', 'a', 3)).toBeUndefined();
    expect(replica.registry.list().map(({ key }) => key)).toEqual(['ns/a', 'ns/b']);
    expect(replica.registry.nextOffset).toBe(3);
    expect(replica.registry.deployedAtMs('ns', 'a', 2)).toBe(1_002);
  });

  it('gives a definition once made again, and the same one', () => {
    const replica = new Replica();
    replica.send({ source: source('one') });
    expect(replica.registry.head('ns', 'a')).toBe(replica.registry.revision('ns', 'a', 1));
  });

  it('knows the head as of an offset', () => {
    const replica = new Replica();
    replica.send({ source: source('one') });
    replica.send({ source: source('two') });
    replica.send({});
    replica.send({ source: source('four') });
    const heads = [0, 1, 2, 3, 4, 99].map((at) => replica.registry.head('ns', 'a', at)?.revision);
    expect(heads).toEqual([undefined, 1, 2, undefined, 4, 4]);
  });

  it('keeps revisions of a deleted flow, and counts on', () => {
    const replica = new Replica();
    replica.send({ source: source('one') });
    expect(replica.send({})).toMatchObject({ change: 'deleted', revision: 2 });
    expect(replica.registry.head('ns', 'a')).toBeUndefined();
    expect(replica.registry.headOf('ns', 'a')).toEqual({ revision: 0, source: null });
    expect(replica.registry.list()).toEqual([]);
    expect(replica.registry.keys()).toEqual([]);
    expect(replica.registry.revision('ns', 'a', 1)).toMatchObject({ revision: 1 });
    expect(replica.registry.revision('ns', 'a', 2)).toBeUndefined();
    expect(replica.send({ source: source('three') })).toMatchObject({
      change: 'created',
      revision: 3,
    });
  });

  it('ignores a deletion of nothing', () => {
    expect(new Replica().send({})).toMatchObject({ kind: 'ignored', reason: 'nothing-to-delete' });
  });

  it('ignores a record that expects another head', () => {
    const replica = new Replica();
    expect(replica.send({ source: source('one'), expects: 0 })).toMatchObject({ revision: 1 });
    const second = replica.send({ source: source('two'), expects: 0 });
    expect(second).toMatchObject({ kind: 'ignored', reason: 'expects-mismatch' });
    expect(second).toHaveProperty('message', expect.stringContaining('which is now 1'));
    expect(replica.registry.nextOffset).toBe(2);
    expect(replica.send({ source: source('two'), expects: 1 })).toMatchObject({ revision: 2 });
    expect(replica.send({ expects: 2 })).toMatchObject({ change: 'deleted' });
    expect(replica.send({ source: source('x'), expects: 3 })).toMatchObject({ kind: 'ignored' });
    expect(replica.send({ source: source('x'), expects: 0 })).toMatchObject({ revision: 4 });
  });

  it('ignores what cannot be decoded, and what it has read before', () => {
    const replica = new Replica();
    const record = { ok: false, reason: 'record-invalid', message: 'no JSON' } as const;
    expect(replica.registry.apply({ offset: 7, timestampMs: 0, record })).toEqual({
      kind: 'ignored',
      reason: 'record-invalid',
      message: 'no JSON',
    });
    expect(replica.registry.nextOffset).toBe(8);
    expect(replica.registry.apply({ offset: 7, timestampMs: 0, record })).toMatchObject({
      reason: 'already-applied',
    });
  });

  it('an unreadable revision counts, is reported once, and leaves the head before it', () => {
    const replica = new Replica();
    replica.send({ source: source('one') });
    replica.send({ source: 'id: a\nnamespace: ns\ntasks: [ { id: t, type: from.later } ]\n' });
    expect(replica.registry.head('ns', 'a')?.revision).toBe(1);
    expect(replica.registry.head('ns', 'a')?.revision).toBe(1);
    expect(replica.registry.revision('ns', 'a', 2)).toBeUndefined();
    expect(replica.unreadable).toEqual([
      {
        key: 'ns/a',
        revision: 2,
        offset: 1,
        message: expect.stringMatching(/^line 3, column \d+: .*from\.later.*\[type-unknown\]$/),
      },
    ]);
    expect(replica.registry.headOf('ns', 'a').revision).toBe(2);
    expect(replica.registry.keys()).toEqual(['ns/a']);
    expect(replica.send({ source: source('three'), expects: 2 })).toMatchObject({ revision: 3 });
    expect(replica.registry.head('ns', 'a')?.revision).toBe(3);
  });

  it('a source of another flow is unreadable', () => {
    const replica = new Replica();
    replica.send({ source: source('one', 'other') });
    expect(replica.registry.head('ns', 'a')).toBeUndefined();
    expect(replica.unreadable[0]?.message).toBe('the source is of ns/other');
  });

  it('keeps a bounded number of definitions, and makes others again', () => {
    const replica = new Replica();
    const flows = limits.flowDefinitions.value + 5;
    for (let at = 0; at < flows; at++) {
      replica.send({ flow: `f${at}`, source: source('x', `f${at}`) });
    }
    const first = replica.registry.head('ns', 'f0');
    expect(replica.registry.list()).toHaveLength(flows);
    const again = replica.registry.head('ns', 'f0');
    expect(again).not.toBe(first);
    expect(again?.sha256).toBe(first?.sha256);
  });

  it('replicas that read the same records agree, at any offset', () => {
    const record = fc.record(
      {
        flow: fc.constantFrom('a', 'b'),
        text: fc.constantFrom('one', 'two', null),
        expects: fc.integer({ min: 0, max: 4 }),
      },
      { requiredKeys: ['flow', 'text'] },
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const [left, right] = [new Replica(), new Replica()];
        const entries = records.map(({ flow, text, expects }) => ({
          flow,
          source: text === null ? null : source(text, flow),
          ...(expects === undefined ? {} : { expects }),
        }));
        // One looks after every record, the other only at the end.
        const seen = entries.map((entry) => {
          left.send(entry);
          return ['a', 'b'].map((flow) => left.registry.head('ns', flow)?.revision);
        });
        for (const entry of entries) right.send(entry);
        const later = entries.map((_entry, at) =>
          ['a', 'b'].map((flow) => right.registry.head('ns', flow, at + 1)?.revision),
        );
        expect(later).toEqual(seen);
      }),
      { numRuns: 50 },
    );
  });
});

describe('planning a deployment', () => {
  const file = (name: string, text: string) => ({ file: name, text });

  it('says what each file would do, with the record that does it', () => {
    const replica = new Replica();
    replica.send({ source: source('one') });
    replica.send({ flow: 'b', source: source('same', 'b') });
    const plan = planDeployment(
      replica.registry,
      [
        file('a.yaml', source('two')),
        file('b.yaml', source('same', 'b')),
        file('c.yaml', source('new', 'c')),
        file('d.yaml', 'id: d\n'),
      ],
      { by: 'ada' },
    );
    expect(plan.map(({ kind }) => kind)).toEqual(['updated', 'unchanged', 'created', 'invalid']);
    expect(plan[0]).toMatchObject({
      record: { namespace: 'ns', flow: 'a', source: source('two'), expects: 1, by: 'ada' },
    });
    expect(plan[1]).toMatchObject({ revision: 1 });
    expect(plan[2]).toMatchObject({ record: { flow: 'c', expects: 0 } });
    expect(plan[3]?.diagnostics.length).toBeGreaterThan(0);
  });

  it('a deleted flow is created again', () => {
    const replica = new Replica();
    replica.send({ source: source('one') });
    replica.send({});
    const [change] = planDeployment(replica.registry, [file('a.yaml', source('one'))]);
    expect(change).toMatchObject({ kind: 'created', record: { expects: 0 } });
  });

  it('what a plan says is what applying its record does', () => {
    const replica = new Replica();
    for (const text of [source('one'), source('one'), source('two')]) {
      const [change] = planDeployment(replica.registry, [file('a.yaml', text)]);
      if (change?.kind !== 'created' && change?.kind !== 'updated') continue;
      expect(replica.send(change.record)).toMatchObject({ kind: 'accepted', change: change.kind });
    }
    expect(replica.registry.headOf('ns', 'a').revision).toBe(2);
  });

  it('two files with one flow are both refused', () => {
    const plan = planDeployment(new Replica().registry, [
      file('a.yaml', source('one')),
      file('copy.yaml', source('two')),
    ]);
    expect(plan.map(({ kind }) => kind)).toEqual(['invalid', 'invalid']);
    expect(plan[0]?.diagnostics.at(-1)).toMatchObject({
      code: 'id-duplicate',
      message: expect.stringContaining('copy.yaml'),
    });
  });

  it('warnings pass, unless it is strict', () => {
    const text = source('hello {{ flow.id }}');
    const { registry } = new Replica();
    expect(planDeployment(registry, [file('a.yaml', text)])[0]).toMatchObject({
      kind: 'created',
      diagnostics: [{ severity: 'warning' }],
    });
    expect(planDeployment(registry, [file('a.yaml', text)], { strict: true })[0]).toMatchObject({
      kind: 'invalid',
      diagnostics: [{ severity: 'error' }],
    });
  });

  it('the key of a record is that of its flow', () => {
    const [change] = planDeployment(new Replica().registry, [file('a.yaml', source('one'))]);
    if (change?.kind !== 'created') expect.fail('not created');
    expect(flowKey(change.record.namespace, change.record.flow)).toBe(change.flow.key);
  });
});
