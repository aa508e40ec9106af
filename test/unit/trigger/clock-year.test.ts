import { describe, expect, it } from 'vitest';
import { schedule } from '../../../plugins/schedule/schedule.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { catalogOf } from '../../../src/compose/wire.ts';
import { PluginHost } from '../../../src/plugin/host.ts';
import { Masker } from '../../../src/plugin/masking.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { JsonObject } from '../../../src/support/json.ts';
import { runClock } from '../../../src/trigger/clock-run.ts';
import type { RunContext } from '../../../src/trigger/run-context.ts';

const DAY = 86_400_000;
const { manifests } = await PluginHost.load([], {});

/** Time passes as soon as somebody waits: there is one who does. A busy machine wakes it late. */
const WAKES_LATE_MS = 50_000;

class HastyClock implements Clock {
  timeMs: number;

  constructor(timeMs: number) {
    this.timeMs = timeMs;
  }

  now(): number {
    return this.timeMs;
  }

  monotonic(): number {
    return this.timeMs;
  }

  after(delayMs: number, call: () => void): () => void {
    this.timeMs += Math.max(Math.ceil(delayMs), WAKES_LATE_MS);
    queueMicrotask(call);
    return () => undefined;
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }
}

function definitionOf(cron: string, timezone: string) {
  const source = `id: flow
namespace: demo
triggers: [{ id: tick, type: schedule, cron: '${cron}', timezone: ${timezone} }]
tasks: [{ id: say, type: log, message: hello }]
`;
  const { flow } = readFlow(source, { catalog: catalogOf(manifests), file: 'flow.yaml' });
  const [definition] = flow?.triggers ?? [];
  if (flow === undefined || definition === undefined) throw new Error('the flow does not read');
  return { flow: { ...flow, revision: 1, offset: 0, sha256: '' }, definition };
}

/**
 * Due times that the shell fires in a year of its loop; everything around it is as quiet as can be. The trigger
 * is stopped and taken up again, by its state alone, in between.
 */
async function firedIn(year: number, cron: string, timezone: string): Promise<readonly number[]> {
  const clock = new HastyClock(Date.UTC(year, 0, 1));
  const fired: number[] = [];
  let state: JsonObject | undefined;
  const found = definitionOf(cron, timezone);
  const properties = { cron, timezone };
  while (clock.timeMs < Date.UTC(year + 1, 0, 1)) {
    const ended = new AbortController();
    const endMs = clock.timeMs + 9.5 * DAY;
    const context = {
      target: { ...found, key: 'demo/flow/tick', settings: {}, trigger: schedule },
      services: {
        clock,
        log: { partitions: 3 },
        sequenced: {},
        flows: { registry: { revision: () => found.flow, deployedAtMs: () => 0 } },
        board: { switchOf: () => undefined },
      },
      delivery: {
        sequenced: (_event: unknown, place: { position: { sequence: number } }) => {
          fired.push(place.position.sequence);
          return Promise.resolve('started' as const);
        },
        note: () => Promise.resolve(),
      },
      report: {
        fired: () => undefined,
        nextFire: () => {
          if (clock.timeMs >= Math.min(endMs, Date.UTC(year + 1, 0, 1))) ended.abort();
        },
      },
      store: {
        state: () => state,
        save: (saved: JsonObject) => {
          state = saved;
          return Promise.resolve();
        },
      },
      masker: new Masker(),
      signal: ended.signal,
    };
    // What the loop uses of its surroundings is here; the rest it must not touch.
    await runClock(context as unknown as RunContext<'clock'>, properties);
  }
  return fired;
}

function duesOf(year: number, cron: string, timezone: string): readonly number[] {
  const dues: number[] = [];
  let at = schedule.next({ cron, timezone }, Date.UTC(year, 0, 1));
  while (at !== undefined && at <= Date.UTC(year + 1, 0, 1)) {
    dues.push(at);
    at = schedule.next({ cron, timezone }, at);
  }
  return dues;
}

/** What is due when is held against another reckoning in plugins/schedule/schedule.test.ts. */
describe('F10: a year of the loop, over both changes of the clocks', () => {
  it.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'])(
    'fires exactly what is due in %s',
    async (timezone) => {
      const cron = '30 2 * * *';
      const expected = duesOf(2026, cron, timezone).filter((at) => at < Date.UTC(2027, 0, 1));
      expect(expected).toHaveLength(365);
      const fired = await firedIn(2026, cron, timezone);
      expect(fired.filter((at) => at < Date.UTC(2027, 0, 1))).toEqual(expected);
    },
    30_000,
  );
});
