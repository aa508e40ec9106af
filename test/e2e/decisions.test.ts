/**
 * `millrace triggers decisions` says why a record, an object, a request or a due time started no execution, for each
 * kind of reason (issue 4, Show 7). Due times that were missed stand in schedules.test.ts; what only a race or another
 * producer can cause (`flow-unknown`, `flow-disabled`) in starts-door.test.ts and the engine's traces.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceMarker } from '../../src/model/reference.ts';
import { S3_START_TIMEOUT_MS, s3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';
import { eventually } from '../support/memory-ports.ts';
import { MillraceFolder } from './millrace-folder.ts';

let millrace: MillraceFolder;
let bucket: TestBucket;

interface Decision {
  readonly trigger: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
}

beforeAll(async () => {
  const account = await s3Account();
  bucket = await TestBucket.create(account);
  millrace = await MillraceFolder.make({
    MILLRACE_SECRET_HOOK: 's3cret',
    MILLRACE_SECRET_S3_KEY: account.accessKeyId,
    MILLRACE_SECRET_S3_SECRET: account.secretAccessKey,
    MILLRACE_PLUGIN__S3__ALLOW: new URL(account.endpoint).host,
    MILLRACE_HTTP__BODY_BYTES_MAX: '400KiB',
  });
  millrace.write('flows/records.yaml', taking('records', 'trigger.value', RECORDS));
  millrace.write('flows/requests.yaml', taking('requests', 'trigger.body', REQUESTS));
  millrace.write('flows/objects.yaml', objects(bucket.name, account.endpoint));
  millrace.write('flows/times.yaml', TIMES);
  await millrace.start();
}, S3_START_TIMEOUT_MS);

afterAll(async () => {
  await millrace.remove();
  await bucket.close();
});

const RECORDS = `type: kafka.realtime
    topic: orders
    startFrom: earliest
    keyFormat: json`;

const REQUESTS = 'type: webhook';

/** A flow `shop/<id>` that takes an order, and can be given one that it cannot take in many ways. */
function taking(id: string, order: string, trigger: string): string {
  return `
id: ${id}
namespace: shop
inputs:
  - { id: total, type: int, max: 100 }
  - { id: note, type: string, defaults: '' }
variables:
  first: << inputs.note >>
  second: << inputs.note >>
  third: << inputs.note >>
triggers:
  - id: order
    ${trigger}
    when: << (${order}.total | int) > 0 >>
    inputs: { total: << ${order}.total >>, note: "<< ${order}.note ?? '' >>" }
    labels: { name: "<< ${order}.name ?? 'none' >>" }
    idempotencyKey: << ${order}.id ?? ${order}.total >>
  - id: signed
    type: webhook
    verify: { preset: github, secret: << secret('HOOK') >> }
    inputs: { total: 1 }
  - id: closed
    type: webhook
    verify: { preset: github, secret: << secret('NOT_SET') >> }
    inputs: { total: 1 }
tasks:
  - { id: said, type: log, message: << inputs.total >> }
`;
}

function objects(name: string, endpoint: string): string {
  const total = String.raw`trigger.objects[0].key | replace('in/', '') | int`;
  return `
id: objects
namespace: shop
inputs:
  - { id: total, type: int, max: 100 }
triggers:
  - id: arrival
    type: s3.arrival
    bucket: ${name}
    endpoint: ${endpoint}
    accessKeyId: << secret('S3_KEY') >>
    secretAccessKey: << secret('S3_SECRET') >>
    prefix: in/
    interval: 1s
    when: << trigger.objects[0].size > 0 >>
    inputs: { total: "<< ${total} >>" }
tasks:
  - { id: said, type: log, message: << inputs.total >> }
`;
}

const TIMES = `
id: times
namespace: shop
inputs:
  - { id: wait, type: duration, defaults: 0s }
triggers:
  - { id: filtered, type: schedule, every: 1s, when: << trigger.date == 'never' >> }
  - { id: failing, type: schedule, every: 1s, inputs: { wait: << trigger.date | int >> } }
  - { id: invalid, type: schedule, every: 1s, inputs: { wait: << trigger.date >> } }
  - { id: overlapping, type: schedule, every: 1s, overlap: skip, inputs: { wait: 10m } }
tasks:
  - { id: wait, type: sleep, duration: << inputs.wait >> }
`;

/** Orders that start nothing, by the reason that is said; what the message must name. */
const REFUSED: readonly (readonly [reason: string, order: object, message: RegExp])[] = [
  ['filtered', { total: 0 }, /`when` is false/],
  ['expression-failed', { total: 'many' }, /^when: .*many/],
  ['inputs-invalid', { total: 1_000 }, /input `total`.*100/],
  ['labels-too-large', { total: 1, name: 'x'.repeat(9_000) }, /8192 bytes/],
  ['idempotency-key-invalid', { total: 1, id: 'x'.repeat(2_000) }, /idempotency key.*1024/i],
  ['start-too-large', { total: 2, note: 'x'.repeat(200_000) }, /524288 bytes/],
];

/** The decisions of a trigger, once there is one with each of the reasons; oldest first. */
async function decisionsOf(
  trigger: string,
  reasons: readonly string[],
): Promise<readonly Decision[]> {
  let seen: readonly Decision[] = [];
  await eventually(
    `decisions of ${trigger}: ${reasons.join(', ')}`,
    async () => {
      const found = await millrace.json<{ readonly decisions: readonly Decision[] }>(
        ...['triggers', 'decisions', `shop/${trigger}`],
      );
      seen = found.decisions;
      return reasons.every((reason) => seen.some((one) => one.reason === reason));
    },
    30_000,
  ).catch((error: unknown) => {
    const told = seen.map(({ reason, message }) => `${reason}: ${message}`);
    throw new Error(`there were only\n${told.join('\n')}`, { cause: error });
  });
  return seen;
}

/** The one decision with that reason. */
function decisionOf(decisions: readonly Decision[], wanted: string): Decision {
  const found = decisions.filter(({ reason }) => reason === wanted);
  const [decision] = found;
  if (decision === undefined || found.length > 1) {
    throw new Error(`${found.length} decisions ${wanted}: ${JSON.stringify(decisions)}`);
  }
  return decision;
}

async function executionsOf(flow: string): Promise<number> {
  const { executions } = await millrace.json<{ readonly executions: readonly unknown[] }>(
    ...['executions', 'list', '--flow', flow],
  );
  return executions.length;
}

describe('a record', () => {
  /** Sends it by the command, and says where it lies. */
  async function send(key: string, ...value: readonly string[]): Promise<Decision['origin']> {
    const sent = await millrace.json<Decision['origin']>(
      ...['events', 'send', '--topic', 'orders', '--key', key, ...value],
    );
    const { topic, partition, offset } = sent;
    return { topic, partition, offset };
  }

  it('that starts nothing has a decision with its place', async () => {
    const deep = `${'['.repeat(250)}${']'.repeat(250)}`;
    const marked = JSON.stringify({ [referenceMarker]: 1 });
    writeFileSync(path.join(millrace.folder, 'latin.txt'), Buffer.from([0x22, 0xe9, 0x22]));
    const unreadable: readonly (readonly [string, RegExp, readonly string[]])[] = [
      ['value-not-json', /JSON/, ['1', '--value', '{"total": 5']],
      ['key-not-json', /JSON/, ['o-1', '--value', '{"total": 5}']],
      ['key-too-deep', /200 levels/, [deep, '--value', '{"total": 5}']],
      ['value-not-utf8', /UTF-8/, ['1', '--file', 'latin.txt']],
      ['value-too-deep', /200 levels/, ['1', '--value', deep]],
      ['value-reserved-key', /\$millrace/, ['1', '--value', marked]],
    ];
    const expected: (readonly [string, RegExp, Decision['origin']])[] = [];
    for (const [reason, message, [key = '', ...value]] of unreadable) {
      expected.push([reason, message, await send(key, ...value)]);
    }
    for (const [reason, order, message] of REFUSED) {
      millrace.write('order.json', JSON.stringify(order));
      expected.push([reason, message, await send('2', '--file', 'order.json')]);
    }
    await send('3', '--value', '{"total": 5}');
    const decisions = await decisionsOf(
      'records/order',
      expected.map(([reason]) => reason),
    );
    for (const [reason, message, origin] of expected) {
      const decision = decisionOf(decisions, reason);
      expect(decision.message).toMatch(message);
      if (reason !== 'start-too-large') expect(decision.origin).toEqual(origin);
    }
    await eventually('the good one to start', async () => (await executionsOf('records')) === 1);
  });
});

describe('a request', () => {
  const address = '/api/v1/webhooks/shop/requests';

  it.each(REFUSED)('that is %s has a decision', async (reason, order, message) => {
    await millrace.post(`${address}/order`, JSON.stringify(order));
    const decisions = await decisionsOf('requests/order', [reason]);
    expect(decisionOf(decisions, reason).message).toMatch(message);
  });

  it.each([
    ['body-too-large', 413, JSON.stringify({ note: 'x'.repeat(500_000) }), /409600/],
    ['too-deep', 422, `${'['.repeat(250)}${']'.repeat(250)}`, /200 levels/],
    ['reserved-key', 422, JSON.stringify({ [referenceMarker]: 1 }), /\$millrace/],
  ])('that is %s has a decision', async (reason, status, body, message) => {
    const answer = await millrace.post(`${address}/order`, body);
    expect(answer.status).toBe(status);
    const decisions = await decisionsOf('requests/order', [reason]);
    expect(decisionOf(decisions, reason).message).toMatch(message);
  });

  it.each([
    ['signed', 'it has none', {}, /signature/],
    ['closed', 'the secret is not set', {}, /NOT_SET/],
  ])('to %s is not signed as wanted, since %s', async (trigger, _, headers, message) => {
    const { status, answer } = await millrace.post(`${address}/${trigger}`, '{}', headers);
    expect(status).toBe(401);
    expect(JSON.stringify(answer)).not.toMatch(/NOT_SET/);
    const decisions = await decisionsOf(`requests/${trigger}`, ['signature']);
    expect(decisionOf(decisions, 'signature').message).toMatch(message);
  });

  it('with a wrong signature has a decision; none of them shows the secret', async () => {
    const wrong = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
    await millrace.post(`${address}/signed`, '{}', wrong);
    const decisions = await eventually('the second decision', async () => {
      const all = await decisionsOf('requests/signed', ['signature']);
      return all.length === 2 && all;
    });
    expect(new Set(decisions.map(({ message }) => message)).size).toBe(2);
    expect(JSON.stringify(decisions)).not.toContain('s3cret');
  });

  it('to a trigger that somebody has disabled has a decision', async () => {
    expect((await millrace.run('triggers', 'disable', 'shop/requests/signed')).code).toBe(0);
    await eventually('it to be known', async () => {
      const { status } = await millrace.post(`${address}/signed`, '{}');
      return status === 404;
    });
    const decisions = await decisionsOf('requests/signed', ['disabled']);
    expect(decisions.at(-1)?.message).toContain('disabled');
  });

  it('starts nothing in any of these cases', async () => {
    expect(await executionsOf('requests')).toBe(0);
    expect((await millrace.post(`${address}/order`, '{"total": 5}')).status).toBe(202);
    await eventually('the good one to start', async () => (await executionsOf('requests')) === 1);
  });
});

describe('an object', () => {
  it('that starts nothing has a decision that names it', async () => {
    for (const [key, body] of [
      ['in/1', ''],
      ['in/many', 'x'],
      ['in/1000', 'x'],
      ['in/5', 'x'],
    ] as const) {
      await bucket.put(key, body);
    }
    const decisions = await decisionsOf('objects/arrival', [
      ...['filtered', 'expression-failed', 'inputs-invalid'],
    ]);
    expect(decisionOf(decisions, 'expression-failed').message).toMatch(
      /^s3:.*\/in\/many: inputs: .*many/,
    );
    expect(decisionOf(decisions, 'inputs-invalid').message).toMatch(/in\/1000: .*`total`/);
    expect(decisionOf(decisions, 'filtered').message).toMatch(/in\/1: .*`when` is false/);
    await eventually('the good one to start', async () => (await executionsOf('objects')) === 1);
  });
});

describe('a due time', () => {
  it.each([
    ['filtered', 'filtered', /^20\d\d-\S+Z: .*`when` is false/],
    ['failing', 'expression-failed', /^20\S+: inputs: /],
    ['invalid', 'inputs-invalid', /input `wait`/],
    ['overlapping', 'overlap', /still runs/],
  ])('of the trigger %s has the decision %s', async (trigger, reason, message) => {
    const decisions = await decisionsOf(`times/${trigger}`, [reason]);
    expect(new Set(decisions.map((decision) => decision.reason))).toEqual(new Set([reason]));
    expect(decisions[0]?.message).toMatch(message);
  });

  it('that is skipped leaves the one execution that it overlaps', async () => {
    expect(await executionsOf('times')).toBe(1);
  });
});

describe('the list of all', () => {
  it('is for people, too, and can be narrowed to a reason', async () => {
    const { stdout } = await millrace.run('triggers', 'decisions', '--reason', 'value-not-json');
    expect(stdout).toMatch(/TRIGGER +REASON[^\n]*\n[^\n]* shop\/records\/order +value-not-json /i);
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });
});
