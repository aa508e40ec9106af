import type { LogProducer } from '../../src/ports/log.ts';
import type { EndExecution, ReplyAddress } from '../../src/model/commands.ts';
import { type ExecutionId, scopedKey } from '../../src/model/ids.ts';
import type { RecordOrigin } from '../../src/model/starts.ts';
import { Problem, problemOfRefusal } from '../../src/http/problem.ts';
import { StartRefused } from '../../src/trigger/start-refused.ts';
import type { Api } from './api.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Witness } from './witness.ts';

/** A start that was answered: it will be executed, whatever happens from now on. */
export interface PromisedStart {
  readonly execution: ExecutionId;
  readonly flow: string;
  /** Its revision is the head of the flow as of this offset. */
  readonly flowsOffset: number;
  readonly duplicate: boolean;
  /** The process that promised to tell when it ends, if it lives. */
  readonly api: Api;
  ended: boolean;
}

export interface Promised {
  readonly starts: PromisedStart[];
  /** Records in `starts` that a plain producer was told are there. */
  readonly records: RecordOrigin[];
  /** Commands in the log that somebody waits for an answer to. */
  readonly commands: ReplyAddress[];
}

export interface ClientOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** The api process, while it answers. */
  readonly api: () => Api | undefined;
  /** A plain producer: repeats, delays and loses acknowledgements. */
  readonly producer: LogProducer;
  readonly partitions: number;
  readonly flows: readonly [string, ...string[]];
  readonly witness: Witness;
}

/** How long a client waits for an answer, and how often it tries again. */
const ANSWER_MS = 15_000;
const TRIES_MAX = 8;
const KEYS = 6;

/** Everybody who starts and ends executions. */
export class Client {
  readonly promised: Promised = { starts: [], records: [], commands: [] };
  readonly #options: ClientOptions;
  #open = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** True when nobody waits for an answer or means to try again. */
  get isIdle(): boolean {
    return this.#open === 0;
  }

  /** Starts something, some time within the next `withinMs`. */
  startWithin(withinMs: number): void {
    const { random } = this.#options;
    const kind = random.next();
    this.#later(random.next() * withinMs, () => {
      if (kind < 0.45) return this.#start(undefined);
      if (kind < 0.7) return this.#start(`key-${random.integer(KEYS)}`);
      if (kind < 0.85) return this.#produce(random.integer(this.#options.partitions), {});
      const key = { idempotencyKey: `key-${random.integer(KEYS)}` };
      return this.#produce(random.integer(this.#options.partitions), key);
    });
  }

  /** One start of the flow, at a moment within the next `withinMs`. */
  startFlowWithin(withinMs: number, flow: string): void {
    const { random, partitions } = this.#options;
    this.#later(random.next() * withinMs, () =>
      this.#produce(random.integer(partitions), { flow }),
    );
  }

  /** One start in each partition, now. */
  probe(): void {
    for (let partition = 0; partition < this.#options.partitions; partition += 1) {
      this.#later(0, () => this.#produce(partition, {}));
    }
  }

  /** By the API. With a key the client tries again until it is answered, or is tired. */
  async #start(key: string | undefined, triesLeft = TRIES_MAX): Promise<void> {
    const { random, flows } = this.#options;
    const flow = key === undefined ? random.pick(flows) : flows[0];
    const promised = { ended: false };
    const answer = await this.#ask(async (api) => {
      const inputs = { n: random.integer(5) };
      const started = await api.startExecution(
        { namespace: 'sim', flow, inputs, labels: {}, trigger, ...keyed(flow, key) },
        () => (promised.ended = true),
      );
      return { api, ...started };
    });
    if (answer === undefined) {
      if (triesLeft > 0) this.#later(random.next() * 3_000, () => this.#start(key, triesLeft - 1));
      return;
    }
    this.promised.starts.push(Object.assign(promised, { ...answer, flow }));
    const { execution, start } = answer;
    if (random.chance(0.15)) this.#endLater(execution, start);
  }

  /** By a plain producer, into any partition. */
  async #produce(
    partition: number,
    fields: { readonly flow?: string; readonly idempotencyKey?: string },
  ): Promise<void> {
    const { random, flows, producer } = this.#options;
    const flow = fields.idempotencyKey === undefined ? random.pick(flows) : flows[0];
    const value = { namespace: 'sim', flow, inputs: { n: 2 }, ...fields };
    const record = { key: null, value: JSON.stringify(value) };
    const outcome = await producer.send('starts', partition, record);
    if (outcome.kind !== 'acknowledged') return;
    this.promised.records.push({ topic: 'starts', partition, offset: outcome.offset });
  }

  #endLater(execution: ExecutionId, start: RecordOrigin): void {
    const { random } = this.#options;
    const type = random.chance(0.5) ? 'execution.kill' : 'execution.cancel';
    // At once it may overtake its start.
    const delayMs = random.chance(0.3) ? 0 : random.next() * 5_000;
    const command: EndExecution = { type, execution, start };
    this.#later(delayMs, async () => {
      const address = await this.#ask((api) => api.endExecution(command));
      if (address !== undefined) this.promised.commands.push(address);
    });
  }

  #later(delayMs: number, work: () => Promise<void>): void {
    this.#open += 1;
    this.#options.clock.after(delayMs, () => {
      void work().finally(() => {
        this.#open -= 1;
      });
    });
  }

  /** Undefined when there is no answer, or one that says to come again. */
  async #ask<Answer>(
    question: (api: Api) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    const { clock, witness } = this.#options;
    const api = this.#options.api();
    if (api === undefined) return undefined;
    const late = Promise.withResolvers<undefined>();
    const cancel = clock.after(ANSWER_MS, () => late.resolve(undefined));
    try {
      return await Promise.race([question(api), late.promise]);
    } catch (thrown) {
      const error = thrown instanceof StartRefused ? problemOfRefusal(thrown) : thrown;
      if (!(error instanceof Problem)) throw error;
      if (error.status === 429) witness.saw('a sender is told to come again');
      else if (error.status !== 503)
        witness.problems.push(`an api process answers ${String(error)}`);
      return undefined;
    } finally {
      cancel();
    }
  }
}

const trigger = { type: 'api', id: null } as const;

function keyed(flow: string, key: string | undefined): { readonly idempotencyKey?: string } {
  return key === undefined ? {} : { idempotencyKey: scopedKey('sim', flow, null, key) };
}
