import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  type MetricDefinition,
  type MetricLabels,
  type MetricName,
  metricNames,
  type Metrics,
} from '../../ports/metrics.ts';

/** Seconds. Work inside the process is over in microseconds to milliseconds. */
const FAST_BUCKETS = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025,
  0.05, 0.1, 0.25, 0.5, 1,
];
/** Seconds. Executions and task runs last from milliseconds to days. */
const WIDE_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600,
  21_600, 86_400,
];
const fast: ReadonlySet<MetricName> = new Set(['millrace_step_seconds', 'millrace_append_seconds']);

/** Looking at the event loop's delay more often costs an idle process measurable CPU. */
const LOOP_DELAY_PRECISION_MS = 100;

type Instrument = Counter | Gauge | Histogram;

/** The metrics of `metricNames` in a registry of their own, and Node's process metrics beside them. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #instruments = new Map<string, Instrument>();

  constructor(options: { readonly processMetrics: boolean }) {
    for (const [name, definition] of Object.entries<MetricDefinition>(metricNames)) {
      this.#instruments.set(name, this.#register(name, definition));
    }
    if (options.processMetrics) {
      collectDefaultMetrics({
        register: this.#registry,
        eventLoopMonitoringPrecision: LOOP_DELAY_PRECISION_MS,
      });
    }
  }

  count(name: MetricName, labels: MetricLabels = {}, amount = 1): void {
    const instrument = this.#instruments.get(name);
    if (!(instrument instanceof Counter)) throw new TypeError(`${name} is no counter`);
    instrument.inc(labels, amount);
  }

  gauge(name: MetricName, value: number, labels: MetricLabels = {}): void {
    const instrument = this.#instruments.get(name);
    if (!(instrument instanceof Gauge)) throw new TypeError(`${name} is no gauge`);
    instrument.set(labels, value);
  }

  observe(name: MetricName, seconds: number, labels: MetricLabels = {}): void {
    const instrument = this.#instruments.get(name);
    if (!(instrument instanceof Histogram)) throw new TypeError(`${name} is no histogram`);
    instrument.observe(labels, seconds);
  }

  /** The content type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The page that Prometheus scrapes. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #register(name: string, definition: MetricDefinition): Instrument {
    const options = {
      name,
      help: definition.help,
      labelNames: [...definition.labels],
      registers: [this.#registry],
    };
    switch (definition.kind) {
      case 'counter':
        return new Counter(options);
      case 'gauge':
        return new Gauge(options);
      case 'histogram':
        return new Histogram({ ...options, buckets: bucketsOf(name) });
    }
  }
}

function bucketsOf(name: string): number[] {
  const names: ReadonlySet<string> = fast;
  return names.has(name) ? FAST_BUCKETS : WIDE_BUCKETS;
}
