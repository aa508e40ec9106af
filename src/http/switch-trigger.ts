import { encodeTriggerRecord } from '../records/triggers.ts';
import { keyOf } from '../trigger/target.ts';
import type { FlowTrigger } from '../trigger/trigger-properties.ts';
import { Problem, unavailable } from './problem.ts';
import { askLog, type HttpServices } from './services.ts';

const SEND_DEADLINE_MS = 5_000;

/**
 * Writes that somebody has enabled or disabled the trigger; resolves when this process sees it. Nothing is written
 * where nothing would change.
 *
 * @throws {@link Problem} 409 for one that its flow disables, 503 when the log is away.
 */
export async function switchTrigger(
  services: HttpServices,
  found: FlowTrigger,
  enabled: boolean,
): Promise<void> {
  const { board, clock } = services.options;
  const { flow, definition } = found;
  const key = keyOf(found);
  if (enabled && (flow.disabled || definition.disabled)) {
    const what = flow.disabled ? `Flow ${flow.key}` : `Trigger ${key}`;
    const detail = `${what} has disabled: true; take it out and deploy the flow`;
    throw new Problem(409, 'trigger-disabled-by-flow', detail);
  }
  const isEnabled = board.switchOf(key)?.enabled !== false;
  const isPaused = board.pauseOf(key, flow.revision) !== undefined;
  if (enabled === isEnabled && !(enabled && isPaused)) return;
  const partition = board.partitionOf(key);
  const record = encodeTriggerRecord({
    kind: 'switch',
    trigger: key,
    enabled,
    timeMs: clock.now(),
  });
  const sent = await services.producer.send('triggers', partition, record, {
    deadlineMs: SEND_DEADLINE_MS,
  });
  if (sent.kind !== 'acknowledged') {
    throw unavailable('The log cannot be reached; the trigger may stay as it was');
  }
  await askLog(services, () => board.reached(partition, sent.offset + 1));
}
