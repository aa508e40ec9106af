/**
 * Schedules through kill -9 and restart, by the real command: each due time has one execution or is told as missed,
 * and none has two (issue 4, Show 4). A year over both changes of the clocks stands in plugins/schedule and
 * test/unit/trigger/clock-year.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COUNTED_MAX } from '../../src/trigger/due-times.ts';
import { eventually } from '../support/memory-ports.ts';
import { type Fired, firedOf, flowOf, timesOf } from './fired-times.ts';
import { MillraceFolder } from './millrace-folder.ts';

interface Missed {
  readonly decisions: readonly { readonly message: string; readonly count: number }[];
}

let millrace: MillraceFolder;

beforeEach(async () => {
  millrace = await MillraceFolder.make();
});

afterEach(async () => {
  await millrace.remove();
});

/** Waits until the newest due time fired is at least this one. */
async function firedUntil(flow: string, atLeastMs: number): Promise<readonly Fired[]> {
  return eventually(
    `${flow} to fire what was due at ${new Date(atLeastMs).toISOString()}`,
    async () => {
      const fired = await firedOf(millrace.origin, flow);
      return fired.some(({ dueMs }) => dueMs >= atLeastMs) && fired;
    },
    60_000,
  );
}

/** As long as the process is away; what is due meanwhile is due without it. */
async function clockPast(timeMs: number): Promise<void> {
  await eventually('the time to come', () => Date.now() > timeMs, timeMs - Date.now() + 10_000);
}

function duesOf(fired: readonly Fired[]): readonly number[] {
  return fired.map(({ dueMs }) => dueMs).toSorted((left, right) => left - right);
}

describe('a cron flow', () => {
  it('fires at each due time once, through kills and restarts', async () => {
    millrace.write('flows/each.yaml', flowOf('each', "cron: '* * * * * *'"));
    millrace.write('flows/other.yaml', flowOf('other', "cron: '*/2 * * * * *'\n    misses: all"));
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      const server = await millrace.start();
      const beganMs = Date.now();
      await Promise.all(['each', 'other'].map((flow) => firedUntil(flow, beganMs + 1_000)));
      await server.end(signal);
      await clockPast(Date.now() + 4_000);
    }
    await millrace.start();
    const untilMs = Date.now();
    for (const [flow, stepMs] of [
      ['each', 1_000],
      ['other', 2_000],
    ] as const) {
      const dues = duesOf(await firedUntil(flow, untilMs));
      const [first = 0, last = 0] = [dues.at(0), dues.at(-1)];
      expect(last - first).toBeGreaterThan(8_000);
      expect(dues).toEqual(timesOf(first, last, stepMs));
    }
    const { decisions } = await millrace.json<Missed>('triggers', 'decisions');
    expect(decisions).toEqual([]);
    const { triggers } = await millrace.json<{
      readonly triggers: readonly { readonly state: string; readonly nextFire: string | null }[];
    }>('triggers', 'list', '--flow', 'each');
    expect(triggers).toMatchObject([{ state: 'RUNNING', nextFire: expect.any(String) }]);
  });
});

describe('a cron or a time zone that is none', () => {
  it('is told by validate, with its place', async () => {
    const wrong = flowOf('wrong', 'cron: 61 * * * *\n    timezone: Mars/Olympus');
    millrace.write('flows/wrong.yaml', wrong);
    const { code, stdout, stderr } = await millrace.run('validate');
    expect(code).toBe(1);
    const said = stdout + stderr;
    expect(said).toMatch(/wrong\.yaml:7:11.*cron/s);
    expect(said).toContain('Invalid value for minute: 61');
    expect(said).toContain('Mars/Olympus');
  });
});

describe('due times that passed more than a minute ago', () => {
  it('are one decision where the policy fires none of them; all else is fired', async () => {
    millrace.write('flows/last.yaml', flowOf('last', 'every: 1s'));
    millrace.write('flows/minutes.yaml', flowOf('minutes', "cron: '* * * * *'\n    misses: all"));
    const server = await millrace.start();
    await firedUntil('last', Date.now());
    const minuteMs = await nextFire('minutes');
    await server.end('SIGKILL');
    // More than a minute, so there is a full minute in it, too.
    await clockPast(Date.now() + 66_000);
    await millrace.start();
    const untilMs = Date.now();
    const dues = duesOf(await firedUntil('last', untilMs));
    const { decisions } = await millrace.json<Missed>(
      ...['triggers', 'decisions', 'shop/last/tick', '--reason', 'missed'],
    );
    const [decision, ...more] = decisions;
    expect(more).toEqual([]);
    const { groups = {} } =
      /^(more than )?(?<count>\d+) due times passed while nothing could fire: (?<from>\S+) to (?<until>\S+)$/.exec(
        decision?.message ?? '',
      ) ?? {};
    const between = [groups['from'] ?? '', groups['until'] ?? ''].map((text) => Date.parse(text));
    const missed = timesOf(between[0] ?? 0, between[1] ?? 0, 1_000);
    expect(Number(groups['count'])).toBe(Math.min(missed.length, COUNTED_MAX));
    expect(missed.length).toBeGreaterThan(4);
    const together = [...dues, ...missed].toSorted((left, right) => left - right);
    expect(together).toEqual(timesOf(together.at(0) ?? 0, together.at(-1) ?? 0, 1_000));

    const lastMs = Math.floor(untilMs / 60_000) * 60_000;
    const minutes = duesOf(await firedUntil('minutes', lastMs));
    expect(minutes).toEqual(timesOf(minuteMs, minutes.at(-1) ?? 0, 60_000));
  });
});

/** When a process says it fires next. */
async function nextFire(flow: string): Promise<number> {
  return eventually('its next due time to be known', async () => {
    const { nextFire: next } = await millrace.json<{ readonly nextFire: string | null }>(
      ...['triggers', 'show', `shop/${flow}/tick`],
    );
    return next !== null && Date.parse(next);
  });
}
