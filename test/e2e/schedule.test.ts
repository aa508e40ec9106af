/** A cron flow fires on its second through restarts and kills, by the real command (issue 4, Show 4). */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/memory-ports.ts';
import { MillraceFolder } from './millrace-folder.ts';

const SECOND = 1_000;

const ticking = `id: ticking
namespace: demo
inputs: [{ id: due, type: datetime }]
triggers:
  - id: tick
    type: schedule
    cron: '* * * * * *'
    misses: all
    inputs: { due: << trigger.date >> }
    labels: { due: << trigger.date >> }
tasks: [{ id: say, type: log, message: due at << inputs.due >> }]
`;

let millrace: MillraceFolder;

beforeEach(async () => {
  millrace = await MillraceFolder.make();
  millrace.write('flows/ticking.yaml', ticking);
});

afterEach(async () => {
  await millrace.remove();
});

interface Listed {
  readonly executions: readonly {
    readonly state: string;
    readonly labels: { readonly due: string };
  }[];
}

async function dues(): Promise<readonly number[]> {
  const { executions } = await millrace.json<Listed>('executions', 'list', '--limit', '500');
  return executions.map(({ labels }) => Date.parse(labels.due)).sort((one, other) => one - other);
}

it('fires every second once, through a restart and a kill -9', async () => {
  const first = await millrace.start();
  await eventually('some fires', async () => (await dues()).length >= 3, 20_000);
  await first.end('SIGTERM');
  const second = await millrace.start();
  await eventually('more fires', async () => (await dues()).length >= 8, 20_000);
  await second.end('SIGKILL');
  await millrace.start();
  const before = (await dues()).length;
  const all = await eventually(
    'fires after the kill',
    async () => {
      const fired = await dues();
      return fired.length >= before + 3 && fired;
    },
    20_000,
  );
  const steps = all.slice(1).map((at, index) => at - (all[index] ?? 0));
  expect(new Set(steps)).toEqual(new Set([SECOND]));

  const { triggers } = await millrace.json<{
    readonly triggers: readonly { readonly state: string; readonly nextFire: string | null }[];
  }>('triggers', 'list');
  expect(triggers).toMatchObject([{ state: 'RUNNING', nextFire: expect.any(String) }]);
}, 90_000);

it('a cron or a time zone that is none is told by validate, with its place', async () => {
  const wrong = ticking
    .replace("'* * * * * *'", '61 * * * *')
    .replace('misses: all', 'timezone: Mars/Olympus');
  millrace.write('flows/ticking.yaml', wrong);
  const { code, stdout, stderr } = await millrace.run('validate');
  expect(code).toBe(1);
  const said = stdout + stderr;
  expect(said).toMatch(/ticking\.yaml:7:11.*cron/s);
  expect(said).toContain('Invalid value for minute: 61');
  expect(said).toContain('Mars/Olympus');
});
