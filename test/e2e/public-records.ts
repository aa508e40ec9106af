import { kafkajs } from '../../src/adapters/kafka/corrections.ts';

/** What a plain consumer of `executions` sees: CloudEvents by their ids, repeats removed. */
export class PublicRecords {
  /** Numbers of an execution's records, without repeats, in the order they came. */
  readonly seqs = new Map<string, number[]>();
  /** The state of each ended execution. */
  readonly ended = new Map<string, string>();
  #repeats = 0;
  readonly #consumer;

  constructor(brokers: string, prefix: string) {
    const kafka = new kafkajs.Kafka({
      brokers: [brokers],
      clientId: 'tail',
      logLevel: kafkajs.logLevel.NOTHING,
    });
    this.#consumer = kafka.consumer({ groupId: `${prefix}tail`, maxWaitTimeInMs: 100 });
    this.#prefix = prefix;
  }

  readonly #prefix: string;

  get repeats(): number {
    return this.#repeats;
  }

  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: `${this.#prefix}executions`, fromBeginning: true });
    await this.#consumer.run({
      eachMessage: ({ message }) => {
        this.#take(message.headers ?? {}, message.value);
        return Promise.resolve();
      },
    });
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
  }

  #take(headers: Readonly<Record<string, unknown>>, value: Buffer | null): void {
    const [execution = '', seqText = ''] = String(headers['ce_id']).split('/');
    const seq = Number(seqText);
    const seqs = this.seqs.get(execution) ?? [];
    this.seqs.set(execution, seqs);
    if (seqs.includes(seq)) {
      this.#repeats += 1;
      return;
    }
    seqs.push(seq);
    if (String(headers['ce_type']) !== 'dev.millrace.execution.ended.v1') return;
    // Our own public record, whose schema is tested elsewhere.
    const data = JSON.parse(value?.toString() ?? '{}') as { state: string };
    this.ended.set(execution, data.state);
  }
}
