import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type {
  JsonObject,
  RefusedEvent,
  StreamContext,
  StreamEvent,
  StreamTrigger,
  Topics,
} from '../../src/plugin/index.ts';

/**
 * The trigger `shop/fulfil/orders` in its shell, as a stream's plugin sees it: events are remembered, and tests decide
 * when their fates are known.
 */
export class StreamShell {
  readonly events: StreamEvent[] = [];
  readonly refused: RefusedEvent[] = [];
  readonly lines: string[] = [];
  lag: number | undefined;
  /** Fates of events. Default: known at once. */
  fate: (event: StreamEvent) => Promise<void> = async () => undefined;
  known: (source: string) => number | undefined = () => undefined;
  readonly #trigger: StreamTrigger;
  readonly #topics: Topics;
  readonly #stopped = new AbortController();

  constructor(trigger: StreamTrigger, topics: Topics) {
    this.#trigger = trigger;
    this.#topics = topics;
  }

  readonly context = (): StreamContext => {
    const { signal } = this.#stopped;
    return {
      namespace: 'shop',
      flow: 'fulfil',
      trigger: 'orders',
      settings: {},
      signal,
      now: () => Date.now(),
      pause: (durationMs) => delay(durationMs, undefined, { signal }).catch(() => undefined),
      log: (level, message) => this.lines.push(`${level} ${message}`),
      topics: async () => this.#topics,
      emit: (event) => {
        this.events.push(event);
        return this.fate(event);
      },
      refuse: async (event) => {
        this.refused.push(event);
      },
      report: ({ lag }) => (this.lag = lag ?? this.lag),
      position: (source) => this.known(source),
    };
  };

  /** Runs until the test or `stop` ends it. */
  run(properties: JsonObject): { readonly ended: Promise<void> } {
    const ended = this.#trigger.run(properties, this.context());
    ended.catch(() => undefined);
    onTestFinished(async () => {
      this.stop();
      await ended.catch(() => undefined);
    });
    return { ended };
  }

  stop(): void {
    this.#stopped.abort(new Error('stopped'));
  }

  values(): unknown[] {
    return this.events.map(({ fields }) => fields['value']);
  }
}
