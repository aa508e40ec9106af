import type { LogProducer, OutgoingRecord } from '../../src/ports/log.ts';
import { type ExecutionId, executionId, partitionOf, scopedKey } from '../../src/model/ids.ts';
import type { RecordOrigin, StartRequest } from '../../src/model/starts.ts';
import { encodeCommand } from '../../src/records/commands.ts';
import { encodeStart } from '../../src/records/starts.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What the client was promised, which the checker holds the cluster to. */
export interface Promised {
  /** Acknowledged starts without a key. */
  readonly ids: Set<ExecutionId>;
  /** Ids sent under each key, of which exactly one may have become an execution. */
  readonly keys: Map<string, Set<ExecutionId>>;
  /** Acknowledged starts of a plain producer: each makes at least one execution. */
  foreign: number;
}

export interface ClientOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** Repeats, delays and loses acknowledgements, as an api process's may. */
  readonly producer: LogProducer;
  readonly partitions: number;
  readonly flows: readonly [string, ...string[]];
}

/** Everybody who starts and ends executions. */
export class Client {
  readonly promised: Promised = { ids: new Set(), keys: new Map(), foreign: 0 };
  readonly #options: ClientOptions;
  readonly #idsOfKeys = new Map<string, Set<ExecutionId>>();
  readonly #sequences = new Map<number, number>();
  readonly #incarnation: string;
  #waiting = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#incarnation = `api/${options.random.id()}`;
  }

  /** Sends that have no answer yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Starts something, some time within the next `withinMs`. */
  startWithin(withinMs: number): void {
    const { clock, random } = this.#options;
    const kind = random.next();
    clock.after(random.next() * withinMs, () => {
      if (kind < 0.5) this.#startNew();
      else if (kind < 0.8) this.#startKeyed(`key-${random.integer(6)}`);
      else this.#startForeign();
    });
  }

  #startNew(): void {
    const { random, partitions } = this.#options;
    const id = executionId(random.id());
    const partition = partitionOf(id, partitions);
    const sequence = (this.#sequences.get(partition) ?? 0) + 1;
    this.#sequences.set(partition, sequence);
    const source = { id: this.#incarnation, sequence };
    this.#send('starts', partition, encodeStart({ ...this.#request(id), source }), (offset) => {
      this.promised.ids.add(id);
      if (random.chance(0.15)) this.#endLater(id, { topic: 'starts', partition, offset });
    });
  }

  #startKeyed(name: string): void {
    const { random, partitions, flows } = this.#options;
    const key = scopedKey('sim', flows[0], null, name);
    const partition = partitionOf(key, partitions);
    let id = executionId(random.id());
    while (partitionOf(id, partitions) !== partition) id = executionId(random.id());
    const request = { ...this.#request(id), flow: flows[0], idempotencyKey: key };
    // Two may be on their way at once: whichever is acknowledged, either may become the execution.
    const ids = this.#idsOfKeys.get(key) ?? new Set();
    this.#idsOfKeys.set(key, ids);
    ids.add(id);
    this.#send('starts', partition, encodeStart(request), () => {
      this.promised.keys.set(key, ids);
    });
  }

  #startForeign(): void {
    const { random, partitions, flows } = this.#options;
    const value = { namespace: 'sim', flow: random.pick([...flows] as [string]), inputs: { n: 2 } };
    const record = { key: null, value: JSON.stringify(value) };
    this.#send('starts', random.integer(partitions), record, () => {
      this.promised.foreign += 1;
    });
  }

  #endLater(execution: ExecutionId, start: RecordOrigin): void {
    const { clock, random, partitions } = this.#options;
    const type = random.chance(0.5) ? 'execution.kill' : 'execution.cancel';
    // At once it may overtake its start.
    clock.after(random.chance(0.3) ? 0 : random.next() * 5_000, () => {
      const record = encodeCommand({ type, execution, start });
      this.#send('commands', partitionOf(execution, partitions), record, () => undefined);
    });
  }

  #request(id: ExecutionId): StartRequest {
    const { random, flows } = this.#options;
    return {
      namespace: 'sim',
      // A copy of the list: pick takes one of at least one.
      flow: random.pick([...flows] as [string]),
      inputs: { n: random.integer(5) },
      labels: {},
      trigger: { type: 'api', id: null },
      executionId: id,
    };
  }

  #send(
    topic: 'starts' | 'commands',
    partition: number,
    record: OutgoingRecord,
    acknowledged: (offset: number) => void,
  ): void {
    this.#waiting += 1;
    void this.#options.producer.send(topic, partition, record).then((outcome) => {
      this.#waiting -= 1;
      if (outcome.kind === 'acknowledged') acknowledged(outcome.offset);
    });
  }
}
