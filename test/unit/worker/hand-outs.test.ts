import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFaults } from '../../../src/adapters/faults/faulty-log.ts';
import { SystemRandom } from '../../../src/adapters/system/random.ts';
import { eventually } from '../../support/memory-ports.ts';
import { Gate, WorkerFixture } from './worker-fixture.ts';

let fixture: WorkerFixture;

beforeEach(async () => {
  fixture = await WorkerFixture.open();
});

afterEach(async () => {
  await fixture.close();
});

/** Ids, and how many there are: each incarnation of a worker draws one. */
class CountedIds extends SystemRandom {
  drawn = 0;

  override id(): string {
    this.drawn += 1;
    return super.id();
  }
}

describe('a dispatch that replaces one that runs', () => {
  it('settles it: the next member begins behind both', async () => {
    const gate = new Gate();
    const worker = await fixture.worker({ 'test.work': gate.run });
    const first = fixture.dispatch();
    await fixture.send(first);
    await eventually('the task to start', () => gate.started === 1);
    const second = { ...first, dispatch: 2 };
    await fixture.send(second);
    await eventually('the second to start', () => gate.started === 2);
    gate.open();
    await fixture.result(second);
    await worker.stop({ graceMs: 0 });
    const again = new Gate();
    again.open();
    const marker = { ...first, dispatch: 3 };
    await fixture.send(marker);
    await fixture.worker({ 'test.work': again.run });
    await fixture.result(marker);
    expect(again.started).toBe(1);
  });
});

describe('a worker that was out of touch for longer than its session', () => {
  it('goes on with what it holds no lease on: nobody else would', async () => {
    const gate = new Gate();
    const { log, clock } = fixture.ports;
    const random = new CountedIds();
    const faulty = withFaults(log, { plan: {}, random, clock });
    await fixture.worker({ 'test.work': gate.run }, { log: faulty, random, sessionMs: 150 });
    const speak = faulty.faults.silence('workers', 0);
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    await eventually('the task to start', () => gate.started === 1);
    const before = random.drawn;
    await eventually('a new incarnation', () => random.drawn > before);
    speak();
    gate.open();
    expect((await fixture.result(dispatch)).result.state).toBe('SUCCESS');
    expect(gate.started).toBe(1);
  });
});
