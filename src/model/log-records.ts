/** Our topics, without the configured prefix. */
export type TopicName =
  | 'starts'
  | 'commands'
  | 'events'
  | 'executions'
  | 'checkpoints'
  | 'workers'
  | 'flows'
  | 'triggers'
  | 'decisions'
  | 'logs'
  | 'dlq'
  | `tasks.${string}`
  | `control.${string}`;

/** A record to write. Null value = tombstone. Header values are text. */
export interface OutgoingRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A record as read; bytes that are not UTF-8 are replaced (U+FFFD). */
export interface LogRecord extends OutgoingRecord {
  readonly offset: number;
  /** The broker's LogAppendTime, ms; on topics with CreateTime the sender's. */
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
}
