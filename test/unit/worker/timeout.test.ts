/** A task's `timeout` on its worker. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import { Gate, WorkerFixture } from './worker-fixture.ts';

let fixture: WorkerFixture;

beforeEach(async () => {
  fixture = await WorkerFixture.open();
});

afterEach(async () => {
  await fixture.close();
});

it('a task that takes longer than its timeout is interrupted, and what it did is not known', async () => {
  const gate = new Gate();
  await fixture.worker({ 'test.work': gate.run });
  const dispatch = fixture.dispatch({ timeoutMs: 30 });
  await fixture.send(dispatch);
  const { result } = await fixture.result(dispatch);
  expect(result).toMatchObject({
    state: 'FAILED',
    outcome: 'unknown',
    error: { code: 'timed-out', message: 'work took longer than its timeout of 30ms' },
  });
  expect(gate.signals[0]?.aborted).toBe(true);
});

it('one that does not listen is not waited for', async () => {
  await fixture.worker({ 'test.work': () => new Promise(() => undefined) });
  const dispatch = fixture.dispatch({ timeoutMs: 30 });
  await fixture.send(dispatch);
  expect((await fixture.result(dispatch)).result).toMatchObject({ error: { code: 'timed-out' } });
});

it('one that is killed before its timeout is KILLED', async () => {
  const gate = new Gate();
  await fixture.worker({ 'test.work': gate.run });
  const dispatch = fixture.dispatch({ timeoutMs: 60_000 });
  await fixture.send(dispatch);
  await eventually('the task to start', () => gate.started === 1);
  await fixture.cancel(dispatch);
  expect((await fixture.result(dispatch)).result.state).toBe('KILLED');
});

it('one that ends in time is not disturbed', async () => {
  await fixture.worker({ 'test.work': () => Promise.resolve({ done: true }) });
  const dispatch = fixture.dispatch({ timeoutMs: 60_000 });
  await fixture.send(dispatch);
  expect((await fixture.result(dispatch)).result).toEqual({
    state: 'SUCCESS',
    outputs: { done: true },
  });
});
