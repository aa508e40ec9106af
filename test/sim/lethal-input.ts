/** An input that ends the process that steps it, as a bug of the runtime would: in no log, and again each time. */
import type { AppendOutcome, Log, OutgoingRecord, PartitionWriter } from '../../src/ports/log.ts';
import { decodeEvent } from '../../src/records/events.ts';
import { isJsonObject } from '../../src/support/json.ts';
import { withWriters } from './wrapped-writers.ts';

/** The result of a task that nobody survives. */
export const LETHAL = 'deadly';

/** @param onStepped the process ends here. */
export function lethal(log: Log, onStepped: () => void): Log {
  return withWriters(log, (writer) => new LethalWriter(writer, onStepped));
}

class LethalWriter implements PartitionWriter {
  readonly #inner: PartitionWriter;
  readonly #onStepped: () => void;

  constructor(inner: PartitionWriter, onStepped: () => void) {
    this.#inner = inner;
    this.#onStepped = onStepped;
  }

  get partition(): number {
    return this.#inner.partition;
  }

  append(
    topic: 'events' | 'checkpoints',
    records: readonly OutgoingRecord[],
  ): Promise<AppendOutcome> {
    if (!records.some(isLethal)) return this.#inner.append(topic, records);
    this.#onStepped();
    return new Promise(() => undefined);
  }

  close(): void {
    this.#inner.close();
  }
}

/** The event that its result led to; how it is failed in the end may quote it. */
function isLethal(record: OutgoingRecord): boolean {
  if (record.value?.includes(LETHAL) !== true) return false;
  const decoded = decodeEvent({
    ...record,
    headers: record.headers ?? {},
    offset: 0,
    timestampMs: 0,
  });
  if (decoded.kind !== 'event' || decoded.event.type !== 'task.ended') return false;
  const { outputs } = decoded.event;
  return isJsonObject(outputs) && outputs['value'] === LETHAL;
}
