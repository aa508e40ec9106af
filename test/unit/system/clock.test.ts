import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { SystemClock } from '../../../src/adapters/system/clock.ts';

const FILE = join(import.meta.dirname, '../../../src/adapters/system/clock.ts');
const clock = new SystemClock();

function withFakeTimers(): void {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

it('tells the machine’s time', () => {
  const before = Date.now();
  expect(clock.now()).toBeGreaterThanOrEqual(before);
  const started = clock.monotonic();
  expect(clock.monotonic()).toBeGreaterThanOrEqual(started);
});

it('calls once after a delay, unless that is cancelled', () => {
  withFakeTimers();
  const called: string[] = [];
  clock.after(10, () => called.push('first'));
  const cancel = clock.after(10, () => called.push('second'));
  clock.after(-5, () => called.push('late'));
  cancel();
  vi.advanceTimersByTime(9);
  expect(called).toEqual(['late']);
  vi.advanceTimersByTime(100);
  expect(called).toEqual(['late', 'first']);
});

it('waits longer than Node’s timers can', () => {
  withFakeTimers();
  const dayMs = 86_400_000;
  let called = 0;
  clock.after(60 * dayMs, () => called++);
  const cancel = clock.after(60 * dayMs, () => (called += 10));
  vi.advanceTimersByTime(59 * dayMs);
  expect(called).toBe(0);
  cancel();
  vi.advanceTimersByTime(dayMs);
  expect(called).toBe(1);
});

it('lets other work run', async () => {
  const order: string[] = [];
  setImmediate(() => order.push('other'));
  await clock.yield();
  order.push('mine');
  expect(order).toEqual(['other', 'mine']);
});

it('does not keep the process alive', () => {
  const script = `
    const { SystemClock } = await import(${JSON.stringify(FILE)});
    new SystemClock().after(60_000, () => {});`;
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    timeout: 8_000,
  });
  expect(run.status).toBe(0);
});
