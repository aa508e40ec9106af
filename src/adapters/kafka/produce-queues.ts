import type { TopicName } from '../../model/log-records.ts';
import { ProduceDispatcher, type ProduceTransport } from './wire/dispatcher.ts';

/** Records that no execution waits for (but a worker for the lines of a task, before it sends the result). */
const BACKGROUND: ReadonlySet<TopicName> = new Set([
  'checkpoints',
  'decisions',
  'dlq',
  'executions',
  'logs',
] satisfies TopicName[]);

/**
 * Who shares a Produce request with whom. A leader has one request in flight of each queue, so that the public
 * records of a step, which become ready together with its dispatches, do not hold up what the worker answers to
 * these; nor does a slice of a checkpoint.
 *
 * All records of a topic go through the same queue, and so in order. Measured with two worker tasks on one broker
 * and a busy machine, four runs of each in turn: 5.0 instead of 5.6 ms at one execution in flight; at 64 the
 * difference and the cost are below the noise.
 */
export class ProduceQueues {
  readonly #prompt: ProduceDispatcher;
  readonly #background: ProduceDispatcher;

  /**
   * The transports have connections of their own: a broker answers the requests of a connection one after the
   * other.
   */
  constructor(transports: {
    readonly prompt: ProduceTransport;
    readonly background: ProduceTransport;
  }) {
    this.#prompt = new ProduceDispatcher(transports.prompt);
    this.#background = new ProduceDispatcher(transports.background);
  }

  of(topic: TopicName): ProduceDispatcher {
    return BACKGROUND.has(topic) ? this.#background : this.#prompt;
  }

  /** See {@link ProduceDispatcher.close}. */
  close(): void {
    this.#prompt.close();
    this.#background.close();
  }
}
