/** `triggers test`: what a trigger sees now, and what it would start. Nothing is started, saved or committed. */
import type { FlowRegistry } from '../flow/registry.ts';
import type { PollContext, PollEvent, Trigger } from '../plugin/index.ts';
import { Masker } from '../plugin/masking.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { clockFields } from './clock-run.ts';
import { pluginState } from './poll-run.ts';
import { pluginContext, secretProperties } from './run-context.ts';
import type { TriggerSurroundings } from './services.ts';
import { StartRefused } from './start-refused.ts';
import type { KnownTrigger } from './target.ts';
import { mapEvent, type TriggerEvent } from './trigger-start.ts';

/** Events that a try shows at most. */
const EVENTS_MAX = 10;
const DUE_TIMES = 5;

export interface TryOptions {
  readonly surroundings: TriggerSurroundings;
  readonly registry: FlowRegistry;
  readonly target: KnownTrigger & { readonly trigger: Exclude<Trigger, { kind: 'request' }> };
  /** Of a poll, as its owner saved it. */
  readonly state: JsonObject | undefined;
  /** Ends the try. */
  readonly signal: AbortSignal;
}

export interface Tried {
  readonly events: readonly TriedEvent[];
  /** True when there are more than are shown. */
  readonly isCut: boolean;
  /** Of a clock: its next due times, in its time zone. */
  readonly dueTimes?: readonly string[];
}

/** An event as the flow would see it, and what would become of it. */
export interface TriedEvent {
  readonly trigger: JsonObject;
  readonly outcome: 'would-start' | 'filtered' | 'refused';
  readonly inputs?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  /** Of a refusal. */
  readonly reason?: string;
  readonly message?: string;
}

/** @throws Error of the trigger, without secrets; ConnectionMissing. */
export async function tryTrigger(options: TryOptions): Promise<Tried> {
  const masker = new Masker();
  const { surroundings, target } = options;
  try {
    const properties = secretProperties(surroundings, target, masker);
    const tried = await tryKind(options, properties, masker);
    // Plain data, and masking keeps its shape.
    return masker.value(tried as unknown as Json) as unknown as Tried;
  } catch (error) {
    if (error instanceof Error) error.message = masker.text(error.message);
    throw error;
  }
}

function tryKind(options: TryOptions, properties: JsonObject, masker: Masker): Promise<Tried> {
  const { trigger } = options.target;
  switch (trigger.kind) {
    case 'clock':
      return tryClock(options, trigger, properties);
    case 'stream':
      return tryStream(options, trigger, properties, masker);
    case 'poll':
      return tryPoll(options, trigger, properties, masker);
  }
}

type Of<Kind extends Trigger['kind']> = Extract<Trigger, { readonly kind: Kind }>;

function tryClock(
  options: TryOptions,
  trigger: Of<'clock'>,
  properties: JsonObject,
): Promise<Tried> {
  const problem = trigger.check?.(properties);
  if (problem !== undefined) return Promise.reject(new Error(problem));
  const dues: number[] = [];
  let at: number | undefined = options.surroundings.clock.now();
  while (dues.length < DUE_TIMES) {
    at = trigger.next(properties, at);
    if (at === undefined) break;
    dues.push(at);
  }
  const [first] = dues;
  const text = (timeMs: number): string =>
    trigger.format?.(properties, timeMs) ?? new Date(timeMs).toISOString();
  const dueTimes = dues.map(text);
  if (first === undefined) return Promise.resolve({ events: [], isCut: false, dueTimes });
  const event = { fields: clockFields(trigger, properties, first), timeMs: first };
  return Promise.resolve({ events: [explain(options, event)], isCut: false, dueTimes });
}

async function tryStream(
  options: TryOptions,
  trigger: Of<'stream'>,
  properties: JsonObject,
  masker: Masker,
): Promise<Tried> {
  const { surroundings, target, signal } = options;
  const context = pluginContext(surroundings, target, masker, signal);
  const sample = await trigger.sample(properties, context);
  if (sample === undefined) return { events: [], isCut: false };
  const event = { fields: sample.fields, timeMs: surroundings.clock.now() };
  return { events: [explain(options, event)], isCut: false };
}

/** A look whose events go nowhere; it is ended when it has shown enough. */
async function tryPoll(
  options: TryOptions,
  trigger: Of<'poll'>,
  properties: JsonObject,
  masker: Masker,
): Promise<Tried> {
  const { surroundings, target, state } = options;
  const enough = new AbortController();
  const signal = AbortSignal.any([options.signal, enough.signal]);
  const found: PollEvent[] = [];
  let isCut = false;
  const context: PollContext = {
    ...pluginContext(surroundings, target, masker, signal),
    dry: true,
    state: pluginState(state),
    emit(event) {
      if (found.length >= EVENTS_MAX) {
        isCut = true;
        enough.abort(new Error('enough was seen'));
        return Promise.reject(new Error('enough was seen'));
      }
      found.push(event);
      // Nothing was started, so nothing may follow: no object is moved, no state written.
      return Promise.resolve('refused');
    },
    save: () => Promise.resolve(),
    report: () => undefined,
  };
  try {
    await trigger.poll(properties, context);
  } catch (error) {
    if (!isCut) throw error;
  }
  const timeMs = surroundings.clock.now();
  const events = found.map(({ fields, idempotencyKey }) =>
    explain(options, { fields, idempotencyKey, timeMs }),
  );
  return { events, isCut };
}

function explain({ surroundings, registry, target }: TryOptions, event: TriggerEvent): TriedEvent {
  const { flow, definition } = target;
  const place = { flow, definition, globals: surroundings.globals };
  const trigger = { ...event.fields, type: definition.type, id: definition.id };
  try {
    const mapped = mapEvent({ ...place, flowsOffset: registry.nextOffset }, event);
    if (mapped.kind === 'filtered') return { trigger, outcome: 'filtered' };
    const { inputs, labels, idempotencyKey } = mapped.start;
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    return { trigger, outcome: 'would-start', inputs, labels, ...key };
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    return { trigger, outcome: 'refused', reason: error.code, message: error.message };
  }
}
