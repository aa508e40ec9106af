/** `serve --roles trigger` on a real Kafka: the owner of a schedule is killed, another takes over within 10 s. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiClient } from '../../src/http/client/api-client.ts';
import { kafkaBrokers } from '../services/kafka.ts';
import { eventually } from '../support/memory-ports.ts';
import { RoleProcess } from './role-process.ts';

const SECOND = 1_000;
/** A session of six seconds, a rebalance, and the reading of what the former owner knew. */
const TAKEN_OVER_MS = 10 * SECOND;

const ticking = `id: ticking
namespace: demo
triggers:
  - id: tick
    type: schedule
    cron: '* * * * * *'
    labels: { due: << trigger.date >> }
tasks: [{ id: say, type: log, message: hello }]
`;

const prefix = `triggers-${process.pid}-${Date.now()}.`;
const processes: RoleProcess[] = [];
let brokers = '';

beforeEach(async () => {
  brokers = await kafkaBrokers();
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.remove()));
});

async function start(name: string, roles: string): Promise<RoleProcess> {
  const environment = {
    MILLRACE_KAFKA__BROKERS: brokers,
    MILLRACE_KAFKA__PREFIX: prefix,
    MILLRACE_KAFKA__PARTITIONS: '3',
  };
  const started = await RoleProcess.start({ name, roles, environment });
  processes.push(started);
  return started;
}

interface Listed {
  readonly executions: readonly {
    readonly startedAt: string;
    readonly labels: { readonly due: string };
  }[];
}

interface Shown {
  readonly state: string;
  readonly processes: readonly { readonly process: string; readonly processId: number }[];
}

it('a killed owner is replaced within ten seconds; every second is fired once', async () => {
  const api = await start('api', 'api,executor,worker');
  const triggers = [await start('one', 'trigger'), await start('two', 'trigger')];
  const client = new ApiClient(api.origin);
  await client.request('PUT', '/api/v1/flows/demo/ticking', { text: ticking });

  const fires = async (): Promise<Listed['executions']> => {
    const query = { limit: '500' };
    const { executions } = await client.request<Listed>('GET', '/api/v1/executions', { query });
    return executions.toSorted((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
  };
  const owner = async (): Promise<Shown['processes'][number] | undefined> => {
    const path = '/api/v1/triggers/demo/ticking/tick';
    const {
      state,
      processes: [first],
    } = await client.request<Shown>('GET', path);
    return state === 'RUNNING' ? first : undefined;
  };
  await eventually('some fires', async () => (await fires()).length >= 5, 60_000);
  const former = await eventually('its owner', owner);
  const victim = triggers.find(({ pid }) => pid === former.processId);

  const killedAt = Date.now();
  await victim?.kill();
  const after = await eventually(
    'fires after it',
    async () => {
      const all = await fires();
      const later = all.filter(({ startedAt }) => Date.parse(startedAt) > killedAt + SECOND);
      return later.length >= 5 && all;
    },
    30_000,
  );
  const times = after.map(({ startedAt }) => Date.parse(startedAt));
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(TAKEN_OVER_MS);
  const dues = after.map(({ labels }) => Date.parse(labels.due)).sort((a, b) => a - b);
  const steps = dues.slice(1).map((at, index) => at - (dues[index] ?? 0));
  expect(new Set(steps)).toEqual(new Set([SECOND]));
  await eventually('the next owner', async () => {
    const now = await owner();
    return now !== undefined && now.processId !== former.processId;
  });
}, 180_000);
