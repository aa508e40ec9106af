/**
 * Triggers as plugins write them, by kind. The shell around them (the api role for requests, the trigger role
 * for the rest) does what they have in common: it evaluates their properties, decides `when`, maps `inputs`
 * and `labels`, scopes idempotency keys, sends starts, writes decisions, keeps state, backs off after errors.
 */
import type { LogLevel } from '../model/records.ts';
import type { Topics } from '../ports/topics.ts';
import type { Json, JsonObject } from '../support/json.ts';
import type { ProxyChoice } from '../support/proxied-agent.ts';

/** What makes executions start. */
export type Trigger = RequestTrigger | StreamTrigger | PollTrigger | ClockTrigger;

/** An HTTP request, as a request trigger sees it. */
export interface TriggerRequest {
  /** Upper case. */
  readonly method: string;
  /** What follows the trigger's id in the path; empty, or it begins with `/`. */
  readonly path: string;
  /** Names in lower case; a repeated header's values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Query parameters; the list where one is repeated. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** The body's bytes as they came. */
  readonly rawBody: Uint8Array;
  /** When it came, ms since 1970. */
  readonly receivedAtMs: number;
}

/** HTTP requests; served by every api process. */
export interface RequestTrigger {
  readonly kind: 'request';
  /**
   * Whether the request may start the flow. Fails closed: no secret, no start.
   *
   * @param properties the trigger's evaluated properties, secrets in place.
   */
  verify(request: TriggerRequest, properties: JsonObject): Verification;
  /** Turns a verified request into what the flow sees under `trigger`. */
  read(request: TriggerRequest, properties: JsonObject): RequestEvent;
}

export type Verification =
  | { readonly ok: true }
  /** `reason` is for the operator (decision, server log); the caller only learns "401". */
  | { readonly ok: false; readonly reason: string }
  /** A method that it does not take, whoever asks: the caller learns which it does, by 405. */
  | { readonly ok: false; readonly methods: readonly string[] };

export interface RequestEvent {
  /** The fields of `trigger`, without `type` and `id`. */
  readonly fields: Readonly<Record<string, Json>>;
  /** The provider's delivery id or the caller's `Idempotency-Key`, not yet scoped. */
  readonly idempotencyKey?: string;
}

/** Records from somewhere. Runs in every trigger process: what it consumes shares the work out. */
export interface StreamTrigger {
  readonly kind: 'stream';
  /**
   * Consumes until `context.signal` aborts; then it finishes what it has begun and resolves within seconds.
   * It throws what it cannot mend: the shell notes the error, and runs it again after a growing pause.
   */
  run(properties: JsonObject, context: StreamContext): Promise<void>;
  /** The newest event that there is, for `triggers test`; undefined when there is none. */
  sample(properties: JsonObject, context: TriggerContext): Promise<StreamEvent | undefined>;
}

/** A place that is looked at again and again, by the one process that owns the trigger. */
export interface PollTrigger {
  readonly kind: 'poll';
  /**
   * Looks once. What it finds goes to `context.emit`; what a later look must know, to `context.save`.
   * Everything may happen again after a crash: events need idempotency keys that say what they are about.
   */
  poll(properties: JsonObject, context: PollContext): Promise<void>;
}

/** Due times, by the one process that owns the trigger. Pure. */
export interface ClockTrigger {
  readonly kind: 'clock';
  /** What is wrong with the properties, beyond their schema; undefined when nothing is. */
  check?(properties: JsonObject): string | undefined;
  /** The first due time after `afterMs`, ms since 1970; undefined when there is none any more. */
  next(properties: JsonObject, afterMs: number): number | undefined;
  /** The last due time before `beforeMs`. */
  previous(properties: JsonObject, beforeMs: number): number | undefined;
  /** A due time as flows see it, ISO 8601 with the offset of its zone. Default: in UTC. */
  format?(properties: JsonObject, timeMs: number): string;
}

/** What all triggers of the trigger role get. */
export interface TriggerContext {
  readonly namespace: string;
  readonly flow: string;
  readonly trigger: string;
  /** The plugin's own settings, `plugin.<name>` of the configuration. */
  readonly settings: JsonObject;
  /** Aborts when the trigger stops: disabled, changed, moved to another process, or the process ends. */
  readonly signal: AbortSignal;
  /** Ms since 1970. */
  now(): number;
  /** Resolves after that time, or at once when the signal aborts. */
  pause(durationMs: number): Promise<void>;
  /** For the operator, with the trigger's name. */
  log(level: LogLevel, message: string): void;
  /**
   * Users' topics of a connection of the configuration (`kafka.connections.<name>`); on the embedded log
   * `default` is the embedded one.
   *
   * @throws {@link ConnectionMissing} when there is none of that name: the trigger is then WAITING.
   */
  topics(connection: string): Promise<Topics>;
  /** By `proxy.*` of the configuration; undefined: there are no proxies. */
  readonly proxyFor?: ProxyChoice | undefined;
}

export interface StreamContext extends TriggerContext {
  /**
   * Hands an event on. Resolves when its fate is safe in the log: a start, a decision or a dead letter was
   * acknowledged; only then may the position behind it be committed. Waits while there are too many unfinished
   * starts. Events of one source must be emitted in their order; they need not be awaited one by one.
   * Rejects when the trigger stops: the event's fate is then unknown, and it will come again.
   */
  emit(event: StreamEvent): Promise<void>;
  /** What cannot be read: a dead letter and a decision. Resolves as `emit` does. */
  refuse(event: RefusedEvent): Promise<void>;
  /** Shown by `triggers list`; cheap, call it as often as it changes. */
  report(status: { readonly lag?: number; readonly waiting?: string }): void;
  /** The highest sequence of the source that this trigger has seen, as far as its state knows. */
  position(source: string): number | undefined;
}

export interface StreamEvent {
  /** The fields of `trigger`, without `type` and `id`. */
  readonly fields: JsonObject;
  /** Where it comes from (such as topic id and partition): its sequences rise. */
  readonly source: string;
  readonly sequence: number;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly traceparent?: string;
}

export interface RefusedEvent {
  /** Kebab-case, such as `value-not-json`; documented by the plugin. */
  readonly reason: string;
  readonly message: string;
  readonly origin: StreamEvent['origin'];
  /** For a range: its last offset. */
  readonly lastOffset?: number;
  /** The start of the record's value as text, for people. */
  readonly preview: string;
}

export interface PollContext extends TriggerContext {
  /** As saved last, by whichever process; undefined before. */
  readonly state: JsonObject | undefined;
  /**
   * True for `triggers test`: `emit` shows events and starts nothing, `save` keeps nothing, and the trigger must
   * change nothing outside either, whatever `emit` answers.
   */
  readonly dry?: boolean;
  /**
   * Resolves when the start is acknowledged and will be executed, or a decision says why not: what the
   * object's `action` does is safe then. Rejects when the trigger stops.
   */
  emit(event: PollEvent): Promise<EmitResult>;
  /** Resolves when the state is acknowledged. At most 256 KB as JSON. */
  save(state: JsonObject): Promise<void>;
  report(status: { readonly waiting?: string }): void;
}

export interface PollEvent {
  readonly fields: JsonObject;
  /** Says what the event is about (an object's version), not yet scoped; a repeat starts nothing. */
  readonly idempotencyKey: string;
  /** What the event is about, for people: decisions name it. Such as the address of an object. */
  readonly subject: string;
}

export type EmitResult = 'started' | 'duplicate' | 'filtered' | 'refused';

/** A connection that the configuration does not have: nothing is wrong with the trigger, it waits for it. */
export class ConnectionMissing extends Error {
  override readonly name = 'ConnectionMissing';
}
