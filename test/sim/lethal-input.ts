/** An input that ends the process that steps it, as a bug of the runtime would: in no log, and again each time. */
import type { AppendOutcome, Log, OutgoingRecord, PartitionWriter } from '../../src/ports/log.ts';
import { withWriters } from './wrapped-writers.ts';

/** The result of a task that nobody survives. */
export const LETHAL = 'lethal';

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
function isLethal({ value }: OutgoingRecord): boolean {
  return value?.startsWith('{"type":"task.ended"') === true && value.includes(`"${LETHAL}"`);
}
