import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FlowFollower } from '../../../src/executor/flow-follower.ts';
import { ForwardedStarts } from '../../../src/executor/forwarded-starts.ts';
import type { ForwardedStart } from '../../../src/model/commands.ts';
import { type ExecutionId, executionId } from '../../../src/model/ids.ts';
import { limits } from '../../../src/model/limits.ts';
import type { StartRequest } from '../../../src/model/starts.ts';
import { silentLogger } from '../../support/memory-ports.ts';
import { VirtualClock } from '../sqlite/virtual-clock.ts';
import { catalog, Cluster, eventually, heldUntil, quickFlow, startOf } from './cluster.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.open();
});
afterEach(() => cluster.close());

/** A keyed start that another partition has sent here. */
function forwarded(execution: ExecutionId, more: Partial<StartRequest> = {}): ForwardedStart {
  return {
    type: 'start.forwarded',
    execution,
    start: { ...startOf('quick'), idempotencyKey: `demo/quick//${execution}`, ...more },
    origin: { topic: 'starts', partition: 3, offset: 7 },
    timeMs: 1,
    source: { id: `x/${execution}`, sequence: 1 },
  };
}

const first = executionId('1'.repeat(26));
const second = executionId('2'.repeat(26));

describe('a forwarded start', () => {
  test('waits for the replica of flows, and commands wait behind it', async () => {
    const held = Promise.withResolvers<undefined>();
    const { executor } = await cluster.executor({}, { flowsHeld: held.promise });
    await eventually('the executor runs', () => executor.status().ready);
    await cluster.deploy(quickFlow);
    await cluster.command(forwarded(first));
    await cluster.command({ type: 'execution.kill', execution: second });
    const partition = () => executor.status().partitions[0];
    await eventually('both are read', () => partition()?.queuedInputs === 2);
    expect(partition()?.nextCommand).toBe(0);
    held.resolve(undefined);
    expect((await cluster.ended(first)).state).toBe('SUCCESS');
    await cluster.event('command.rejected', ({ entity }) => entity === second);
    const events = (await cluster.events()).map(({ type }) => type);
    expect(events[0]).toBe('execution.created');
    expect(events).not.toContain('start.rejected');
  });

  test('of a flow that is nowhere is refused', async () => {
    await cluster.running();
    await cluster.command(forwarded(first));
    const rejection = await cluster.event('start.rejected');
    expect(rejection).toMatchObject({ requestedId: first, reason: 'flow-unknown' });
  });

  test('that names an offset beyond the end of flows becomes a dead letter', async () => {
    const end = await cluster.deploy(quickFlow);
    await cluster.running();
    await cluster.command(forwarded(first, { flowsOffset: end + 1 }));
    await cluster.command(forwarded(second, { flowsOffset: end }));
    const rejection = await cluster.event('start.rejected');
    expect(rejection).toMatchObject({ requestedId: first, reason: 'flows-offset-unknown' });
    expect((await cluster.ended(second)).state).toBe('SUCCESS');
    const [letter] = await eventually('a dead letter', async () => {
      const records = await cluster.records('dlq');
      return records.length === 1 && records;
    });
    expect(JSON.parse(letter?.value ?? '')).toMatchObject({
      origin: { topic: 'starts', partition: 3, offset: 7 },
    });
  });

  test('is given up when the replica stays behind, since commands wait for it', async () => {
    const end = await cluster.deploy(quickFlow);
    const clock = new VirtualClock();
    let woken = 0;
    const log = heldUntil(cluster.log, new Promise(() => undefined));
    const flows = new FlowFollower({ log, logger: silentLogger, catalog });
    const starts = new ForwardedStarts({ flows, clock, wake: () => void (woken += 1) });
    const command = forwarded(first, { flowsOffset: end });
    const ticket = starts.ticket();
    expect(starts.check(command, 5, ticket)).toBe('wait');
    await eventually('the end is known', () => woken > 0);
    await clock.advance(limits.forwardedStartHeldMs.value - 1);
    expect(starts.check(command, 5, ticket)).toBe('wait');
    woken = 0;
    await clock.advance(1);
    expect(woken).toBe(1);
    expect(starts.check(command, 5, ticket)).toMatchObject({ reason: 'flows-behind' });
    expect(starts.check(command, 6, ticket)).toBe('wait');
    starts.close();
    await flows.close();
  });
});
