import type { Log } from '../../src/ports/log.ts';
import type { SourcePosition } from '../../src/model/starts.ts';
import { decodeStart } from '../../src/records/starts.ts';
import { tickSource } from './trigger-fates.ts';
import type { Sight, Witness } from './witness.ts';
import { withProducers } from './wrapped-producers.ts';

/** Sees which process has which start of a trigger acknowledged: two owners at once, or one after the other. */
export class WatchedStarts {
  readonly #witness: Witness;
  /** By source and sequence: the life of the process that was first. */
  readonly #senders = new Map<string, string>();

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  /** @param sender a process in one of its lives. */
  watch(log: Log, sender: string): Log {
    return withProducers(log, (send) => (topic, partition, record, options) => {
      const sent = send(topic, partition, record, options);
      if (topic !== 'starts') return sent;
      const origin = { topic, partition, offset: 0 };
      const start = decodeStart(
        { ...record, headers: record.headers ?? {}, offset: 0, timestampMs: 0 },
        origin,
      );
      const source = start.ok ? start.value.source : undefined;
      if (source === undefined) return sent;
      void sent.then(({ kind }) => {
        if (kind === 'acknowledged') this.#sent(source, sender);
      });
      return sent;
    });
  }

  #sent({ id, sequence }: SourcePosition, sender: string): void {
    const name = `${id} ${sequence}`;
    const first = this.#senders.get(name) ?? sender;
    this.#senders.set(name, first);
    if (first === sender) return;
    const sight: Sight =
      id === tickSource
        ? 'a due time is fired by a second owner'
        : 'a record of a topic is started by a second process';
    this.#witness.saw(sight);
  }
}
