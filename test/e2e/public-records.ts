import { randomUUID } from 'node:crypto';
import { kafkajs } from '../../src/adapters/kafka/corrections.ts';

/** The data of the public record of an ended execution, as far as tests look at it. */
export interface EndedExecution {
  readonly executionId: string;
  readonly state: string;
  readonly outputs?: unknown;
  readonly error?: unknown;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the record lay. */
  readonly partition: number;
}

/** What a plain consumer of `executions` sees: CloudEvents by their ids, repeats removed. */
export class PublicRecords {
  /** Numbers of an execution's records, without repeats, in the order they came. */
  readonly seqs = new Map<string, number[]>();
  /** The state of each ended execution. */
  readonly ended = new Map<string, string>();
  /** What each of them was. */
  readonly executions: EndedExecution[] = [];
  #repeats = 0;
  readonly #consumer;

  constructor(brokers: string, prefix: string) {
    const kafka = new kafkajs.Kafka({
      brokers: [brokers],
      clientId: 'tail',
      logLevel: kafkajs.logLevel.NOTHING,
    });
    this.#consumer = kafka.consumer({ groupId: `tail-${randomUUID()}`, maxWaitTimeInMs: 100 });
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
      eachMessage: ({ message, partition }) => {
        this.#take(message.headers ?? {}, message.value, partition);
        return Promise.resolve();
      },
    });
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
  }

  #take(headers: Readonly<Record<string, unknown>>, value: Buffer | null, partition: number): void {
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
    const data = JSON.parse(value?.toString() ?? '{}') as Omit<EndedExecution, 'partition'>;
    this.ended.set(execution, data.state);
    this.executions.push({ ...data, partition });
  }
}

/** The texts that stand there more than once. */
export function repeatedIn(texts: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return texts.filter((text) => seen.size === seen.add(text).size);
}
