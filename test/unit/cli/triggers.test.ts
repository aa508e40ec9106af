/** `millrace triggers`, against all roles in this process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';
import { type Ran, run as runIn } from './terminal.ts';

const nightly = `id: nightly
namespace: demo
triggers:
  - { id: tick, type: schedule, cron: 30 2 * * *, labels: { by: cron } }
  - { id: hook, type: webhook, when: << trigger.method == 'PUT' >> }
tasks: [{ id: say, type: log, message: hello }]
`;

let wired: WiredShells;

beforeAll(async () => {
  wired = await startShells({ flows: [{ file: 'nightly.yaml', text: nightly }] });
});

afterAll(() => wired.close());

async function run(...words: readonly string[]): Promise<Ran> {
  return runIn(['triggers', ...words], {
    folder: '/',
    environment: { MILLRACE_SERVER: wired.url },
  });
}

async function fire(): Promise<void> {
  await fetch(`${wired.url}/api/v1/webhooks/demo/nightly/hook`, { method: 'POST' });
}

describe('triggers', () => {
  it('are listed as a table, as names and as JSON', async () => {
    const table = await eventually('the next fire', async () => {
      const { stdout } = await run('list');
      return /02:30:00/.test(stdout) && stdout;
    });
    expect(table).toMatch(/TRIGGER +TYPE +STATE +LAG +LAST FIRE +NEXT FIRE +PROCESS +WHY/);
    expect(table).toMatch(/demo\/nightly\/tick +schedule +RUNNING .*:\d+/);
    expect((await run('list', '-o', 'name')).stdout).toBe('demo/nightly/tick\ndemo/nightly/hook\n');
    const { stdout } = await run('list', '--json', '--state', 'disabled');
    expect(JSON.parse(stdout)).toEqual({ triggers: [] });
  });

  it('are shown with the process that runs them', async () => {
    const { code, stdout } = await run('show', 'demo/nightly/tick');
    expect(code).toBe(0);
    expect(stdout).toMatch(/state +RUNNING/);
    expect(stdout).toMatch(/next fire +\d{4}-\d\d-\d\d 02:30:00/);
    expect(stdout).toMatch(/process +[0-9a-z]{26} on .+: RUNNING/);
  });

  it('are disabled and enabled', async () => {
    expect((await run('disable', 'demo/nightly/tick')).stdout).toBe('demo/nightly/tick disabled\n');
    expect((await run('list', '--state', 'disabled', '-o', 'name')).stdout).toBe(
      'demo/nightly/tick\n',
    );
    expect((await run('list', '--state', 'waiting,disabled', '-o', 'name')).stdout).toBe(
      'demo/nightly/tick\n',
    );
    const wrong = await run('list', '--state', 'disabled,stopped');
    expect([wrong.code, wrong.stderr]).toEqual([
      4,
      expect.stringContaining('stopped is not a state; known: RUNNING'),
    ]);
    expect((await run('list', '--flow', 'nope')).stderr).toBe(
      'No triggers match what was asked for.\n',
    );
    expect((await run('enable', 'demo/nightly/tick')).stdout).toBe('demo/nightly/tick enabled\n');
    expect((await run('list', '--state', 'disabled', '-o', 'name')).stdout).toBe('');
  });

  it('are tried: when it is due, and what that would start', async () => {
    const { code, stdout } = await run('test', 'demo/nightly/tick');
    expect(code).toBe(0);
    expect(stdout.match(/T02:30:00Z$/gm)).toHaveLength(5);
    expect(stdout).toMatch(/^would-start$/m);
    expect(stdout).toMatch(/trigger +\{"date":"\d{4}/);
    expect(stdout).toMatch(/labels +\{"by":"cron"\}/);
  });

  it('that are not there, or written wrongly, are told so', async () => {
    const unknown = await run('show', 'demo/nightly/tock');
    expect([unknown.code, unknown.stderr]).toEqual([
      4,
      expect.stringContaining('demo/nightly/tick'),
    ]);
    const wrong = await run('show', 'tick');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('NAMESPACE/FLOW')]);
  });
});

describe('decisions', () => {
  it('say why an event started nothing', async () => {
    expect((await run('decisions')).stderr).toBe(
      'No decisions: every event that came started an execution.\n',
    );
    expect((await run('decisions', 'demo/nightly/tock')).stderr).toBe(
      'No decisions match what was asked for.\n',
    );
    await fire();
    const table = await eventually('a decision', async () => {
      const { stdout } = await run('decisions', 'demo/nightly/hook');
      return stdout !== '' && stdout;
    });
    expect(table).toMatch(/demo\/nightly\/hook +filtered +1 +http +the condition `when` is false/);
    const { stdout } = await run('decisions', '--json', '--reason', 'filtered');
    const { decisions } = JSON.parse(stdout) as { readonly decisions: readonly unknown[] };
    expect(decisions).toHaveLength(1);
    expect((await run('decisions', '--reason', 'missed')).stdout).toBe('');
  });
});
