/** Counters, gauges and histograms by name; no ids in labels. The registry of names is `metricNames`. */
export interface Metrics {
  count(name: MetricName, labels?: MetricLabels, amount?: number): void;
  gauge(name: MetricName, value: number, labels?: MetricLabels): void;
  /** Seconds, as Prometheus wants durations. */
  observe(name: MetricName, seconds: number, labels?: MetricLabels): void;
}

export type MetricLabels = Readonly<Record<string, string>>;

/** Every metric: its kind, help text and label names. */
export const metricNames = {
  millrace_executions_started_total: {
    kind: 'counter',
    help: 'Executions created.',
    labels: ['namespace', 'flow', 'trigger'],
  },
  millrace_executions_ended_total: {
    kind: 'counter',
    help: 'Executions ended.',
    labels: ['namespace', 'flow', 'state'],
  },
  millrace_execution_duration_seconds: {
    kind: 'histogram',
    help: 'From created to ended.',
    labels: ['namespace', 'flow', 'state'],
  },
  millrace_task_queue_seconds: {
    kind: 'histogram',
    help: 'From scheduled to begun by a worker.',
    labels: ['worker_group'],
  },
  millrace_task_run_seconds: {
    kind: 'histogram',
    help: 'Work of a task on a worker.',
    labels: ['type', 'state'],
  },
  millrace_trigger_events_total: {
    kind: 'counter',
    help: 'What triggers saw and decided.',
    labels: ['type', 'decision'],
  },
  millrace_trigger_lag: {
    kind: 'gauge',
    help: 'Events that there are and that a stream trigger has not taken, of the part that this process reads.',
    labels: ['namespace', 'flow', 'trigger'],
  },
  millrace_consumer_lag_records: {
    kind: 'gauge',
    help: 'Records not yet read.',
    labels: ['topic', 'consumer_group'],
  },
  millrace_step_seconds: { kind: 'histogram', help: 'One step of the engine.', labels: ['input'] },
  millrace_steps_total: { kind: 'counter', help: 'Inputs stepped.', labels: ['input'] },
  millrace_duplicates_total: {
    kind: 'counter',
    help: 'Inputs that had been taken before.',
    labels: ['kind'],
  },
  millrace_events_total: { kind: 'counter', help: 'Event records appended.', labels: ['type'] },
  millrace_records_written_total: {
    kind: 'counter',
    help: 'Records that the log has acknowledged to this process.',
    labels: ['topic'],
  },
  millrace_append_seconds: {
    kind: 'histogram',
    help: 'From sending a batch of events to its acknowledgement.',
    labels: [],
  },
  millrace_effects_unacknowledged: {
    kind: 'gauge',
    help: 'Effects that wait for their acknowledgement.',
    labels: [],
  },
  millrace_effects_refused_total: {
    kind: 'counter',
    help: 'Effects that the log will never take as they are.',
    labels: ['kind'],
  },
  millrace_partitions_owned: {
    kind: 'gauge',
    help: 'Partitions that this executor runs.',
    labels: [],
  },
  millrace_partition_opened_total: {
    kind: 'counter',
    help: 'Take-overs of partitions.',
    labels: ['reason'],
  },
  millrace_partition_lost_total: {
    kind: 'counter',
    help: 'Partitions given up.',
    labels: ['reason'],
  },
  millrace_restore_seconds: { kind: 'histogram', help: 'Restoring a partition.', labels: [] },
  millrace_checkpoint_pages_total: {
    kind: 'counter',
    help: 'Checkpoint pages written.',
    labels: [],
  },
  millrace_idempotency_keys_dropped_total: {
    kind: 'counter',
    help: 'Idempotency keys forgotten by count before their time.',
    labels: [],
  },
  millrace_records_ignored_total: {
    kind: 'counter',
    help: 'Records that the reader rule passed over.',
    labels: ['topic'],
  },
  millrace_dead_letters_total: {
    kind: 'counter',
    help: 'Records sent to dlq.',
    labels: ['reason'],
  },
  millrace_live_executions: {
    kind: 'gauge',
    help: 'Executions in memory of this executor.',
    labels: [],
  },
  millrace_worker_slots: { kind: 'gauge', help: 'Slots of this worker.', labels: ['worker_group'] },
  millrace_worker_running: { kind: 'gauge', help: 'Tasks running now.', labels: ['worker_group'] },
  millrace_http_requests_total: {
    kind: 'counter',
    help: 'HTTP requests answered.',
    labels: ['route', 'status'],
  },
  millrace_http_request_seconds: {
    kind: 'histogram',
    help: 'HTTP requests, without streams.',
    labels: ['route'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

export type MetricName = keyof typeof metricNames;
