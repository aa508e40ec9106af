/** What an executor is told by configuration (docs: `executor.*`, `membership.session`). */
export interface ExecutorSettings {
  /** A member of the consumer group `executors`, or a worker, that is not heard of for this long is gone, ms. */
  readonly sessionMs: number;
  /** A checkpoint is written when the newest is this old and something has happened since, ms. */
  readonly checkpointIntervalMs: number;
  /** … or when this many events have been appended since. */
  readonly checkpointEvents: number;
  /** Estimated memory of live executions at which `starts` is paused, bytes. */
  readonly liveBytesMax: number;
  /** A partition is opened anew after this, ± 10 %, so that brokers never forget its producer, ms. */
  readonly reopenMs: number;
  /** A partition in which nothing happened for this long gets a no-op, ms; for the same reason. */
  readonly silenceMs: number;
  /** A dispatch not known as started after this is handed out again: half of its topic's retention, ms. */
  readonly dispatchStaleMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const defaultExecutorSettings: ExecutorSettings = {
  sessionMs: 6_000,
  checkpointIntervalMs: 60_000,
  checkpointEvents: 20_000,
  liveBytesMax: 256 * 1024 * 1024,
  reopenMs: DAY_MS,
  silenceMs: 6 * HOUR_MS,
  dispatchStaleMs: 3.5 * DAY_MS,
};
