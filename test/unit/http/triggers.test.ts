import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import { startApi, type StartedApi } from './started-api.ts';

const hourly = `id: hourly
namespace: shop
inputs: [{ id: due, type: string }]
triggers:
  - id: tick
    type: schedule
    cron: 0 * * * *
    timezone: Europe/Berlin
    when: << trigger.date is defined >>
    inputs: { due: << trigger.date >> }
    labels: { from: schedule }
  - { id: off, type: schedule, every: 1h, disabled: true, inputs: { due: x } }
  - { id: hook, type: webhook, when: "<< trigger.body.go >>", inputs: { due: << trigger.body.due >> } }
tasks: [{ id: say, type: log, message: hello }]
`;

let api: StartedApi;

beforeAll(async () => {
  api = await startApi({ flows: [{ file: 'hourly.yaml', text: hourly }] });
});

afterAll(() => api.close());

const json = { 'content-type': 'application/json' };
const tick = '/api/v1/triggers/shop/hourly/tick';

interface Shown {
  readonly trigger: string;
  readonly state: string;
  readonly message: string | null;
  readonly nextFire: string | null;
  readonly processes: readonly unknown[];
}

async function shown(path: string): Promise<Shown> {
  const { status, body } = await api.call('GET', path);
  expect(status).toBe(200);
  return body as unknown as Shown; // Its shape is held against the document by `call`.
}

async function decisions(path: string): Promise<readonly { readonly reason: string }[]> {
  const { body } = await api.call('GET', path);
  return body['decisions'] as unknown as readonly { readonly reason: string }[];
}

describe('triggers', () => {
  it('are listed with what they do', async () => {
    await eventually('the schedule runs', async () => (await shown(tick)).nextFire !== null);
    const { body } = await api.call('GET', '/api/v1/triggers?namespace=shop');
    const triggers = body['triggers'] as unknown as readonly Shown[];
    expect(triggers.map(({ trigger, state }) => [trigger, state])).toEqual([
      ['tick', 'RUNNING'],
      ['off', 'DISABLED'],
      ['hook', 'RUNNING'],
    ]);
    const next = Date.parse(triggers[0]?.nextFire ?? '');
    expect(next % 3_600_000).toBe(0);
    expect(next).toBeGreaterThan(Date.now());
    expect(triggers[0]?.processes).toHaveLength(1);
  });

  it('that are not there are told the nearest', async () => {
    const { status, body } = await api.call('GET', '/api/v1/triggers/shop/hourly/tock');
    expect([status, body['code']]).toEqual([404, 'trigger-not-found']);
    expect(body['detail']).toContain('did you mean shop/hourly/tick?');
  });

  it('stop when they are disabled, and go on when they are enabled', async () => {
    const { status, body } = await api.call('POST', `${tick}/disable`);
    expect([status, body['state']]).toEqual([200, 'DISABLED']);
    const again = await api.call('POST', `${tick}/disable`);
    expect(again.status).toBe(200);
    const enabled = await api.call('POST', `${tick}/enable`);
    expect(enabled.status).toBe(200);
    await eventually('it runs again', async () => (await shown(tick)).state === 'RUNNING');
  });

  it('that their flow disables are not enabled by a call', async () => {
    const { status, body } = await api.call('POST', '/api/v1/triggers/shop/hourly/off/enable');
    expect([status, body['code']]).toEqual([409, 'trigger-disabled-by-flow']);
  });

  it('of requests answer like ones that are not there while they are disabled', async () => {
    const hook = '/api/v1/triggers/shop/hourly/hook';
    await api.call('POST', `${hook}/disable`);
    const fired = await api.call('POST', '/api/v1/webhooks/shop/hourly/hook', {
      headers: json,
      body: { go: true, due: 'x' },
    });
    expect([fired.status, fired.body['code']]).toEqual([404, 'webhook-not-found']);
    await eventually('a decision', async () =>
      (await decisions(`${hook}/decisions`)).some(({ reason }) => reason === 'disabled'),
    );
    await api.call('POST', `${hook}/enable`);
    const after = await api.call('POST', '/api/v1/webhooks/shop/hourly/hook', {
      headers: json,
      body: { go: true, due: 'x' },
    });
    expect(after.status).toBe(202);
  });
});

describe('a test of a trigger', () => {
  it('shows the next due times and what the first would start', async () => {
    const { status, body } = await api.call('POST', `${tick}/test`);
    expect(status).toBe(200);
    expect(body['dueTimes']).toHaveLength(5);
    const [event] = body['events'] as unknown as readonly {
      readonly outcome: string;
      readonly inputs: { readonly due: string };
      readonly labels: unknown;
    }[];
    expect(event).toMatchObject({ outcome: 'would-start', labels: { from: 'schedule' } });
    expect(event?.inputs.due).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\+0[12]:00$/);
  });

  it('is none for a webhook', async () => {
    const { status, body } = await api.call('POST', '/api/v1/triggers/shop/hourly/hook/test');
    expect([status, body['code']]).toEqual([409, 'trigger-of-requests']);
  });
});

describe('decisions', () => {
  it('come oldest first, and later ones by the cursor, of one trigger or of all', async () => {
    const fire = (go: unknown) =>
      api.call('POST', '/api/v1/webhooks/shop/hourly/hook', {
        headers: json,
        body: { go, due: 'x' },
      });
    const path = '/api/v1/triggers/shop/hourly/hook/decisions';
    await fire(false);
    await eventually('filtered', async () =>
      (await decisions(path)).some(({ reason }) => reason === 'filtered'),
    );
    const first = await api.call('GET', path);
    await fire('maybe');
    const later = `${path}?after=${first.body['cursor'] as string}`;
    await eventually('a later one', async () => (await decisions(later)).length > 0);
    expect((await decisions(later)).map(({ reason }) => reason)).toEqual(['expression-failed']);
    const all = await decisions('/api/v1/decisions?namespace=shop&reason=expression-failed');
    expect(all).toHaveLength(1);
    expect(await decisions('/api/v1/decisions?namespace=other')).toEqual([]);
    expect(await decisions(`${path}?limit=1`)).toHaveLength(1);
  });

  it('refuse a cursor that is none', async () => {
    const { status, body } = await api.call('GET', '/api/v1/decisions?after=yesterday');
    expect([status, body['code']]).toEqual([400, 'cursor-invalid']);
  });
});
