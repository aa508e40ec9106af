import type { Counter, Draft } from '../engine/draft.ts';
import type { Input } from '../engine/input.ts';
import type { Event } from '../model/events.ts';
import type { Metrics } from '../ports/metrics.ts';

/** What one partition counts. Steps are summed up per append: a metric costs more than a step's own book-keeping. */
export class PartitionMetrics {
  readonly #metrics: Metrics;
  readonly #steps = new Map<Input['kind'], number>();
  readonly #events = new Map<Event['type'], number>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  stepped(input: Input, draft: Draft): void {
    add(this.#steps, input.kind);
    for (const [counter, amount] of draft.counters) this.#counted(counter, amount);
  }

  /** How long a step took; one per append is enough of a sample. */
  stepTook(input: Input, milliseconds: number): void {
    this.#metrics.observe('millrace_step_seconds', milliseconds / 1_000, { input: input.kind });
  }

  /** The events are in the log. */
  appended(events: readonly Event[], tookMs: number): void {
    for (const event of events) {
      add(this.#events, event.type);
      if (event.type === 'execution.created') this.#started(event);
      else if (event.type === 'execution.ended') this.#ended(event);
    }
    this.#metrics.observe('millrace_append_seconds', tookMs / 1_000);
    this.flush();
  }

  flush(): void {
    for (const [input, steps] of this.#steps) {
      this.#metrics.count('millrace_steps_total', { input }, steps);
    }
    for (const [type, events] of this.#events) {
      this.#metrics.count('millrace_events_total', { type }, events);
    }
    this.#steps.clear();
    this.#events.clear();
  }

  #counted(counter: Counter, amount: number): void {
    switch (counter) {
      case 'keys-dropped':
        this.#metrics.count('millrace_idempotency_keys_dropped_total', {}, amount);
        return;
      // Refusals are counted where they arrive, by kind of effect.
      case 'public-record-refused':
      case 'log-line-refused':
      case 'effect-refused':
        return;
      default:
        this.#metrics.count('millrace_duplicates_total', { kind: counter }, amount);
    }
  }

  #started({ namespace, flow, trigger }: Extract<Event, { type: 'execution.created' }>): void {
    const labels = { namespace, flow, trigger: trigger.id ?? trigger.type };
    this.#metrics.count('millrace_executions_started_total', labels);
  }

  #ended({ about, state, time }: Extract<Event, { type: 'execution.ended' }>): void {
    const labels = { namespace: about.namespace, flow: about.flow, state };
    this.#metrics.count('millrace_executions_ended_total', labels);
    const seconds = Math.max(0, time - about.startedAtMs) / 1_000;
    this.#metrics.observe('millrace_execution_duration_seconds', seconds, labels);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
