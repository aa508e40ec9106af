import type { TriggerKind } from '../model/catalog.ts';
import type { TriggerContext } from '../plugin/index.ts';
import type { Masker } from '../plugin/masking.ts';
import { sleep } from '../ports/clock.ts';
import type { JsonObject } from '../support/json.ts';
import type { Delivery } from './delivery.ts';
import type { TriggerServices, TriggerSurroundings } from './services.ts';
import type { TriggerReport } from './status-reports.ts';
import type { KnownTrigger, TriggerTarget } from './target.ts';
import { evaluateProperties, impureOf } from './trigger-properties.ts';

/** The state of a trigger that has one owner. */
export interface StateStore {
  state(): JsonObject | undefined;
  /** Resolves when it is acknowledged. */
  save(state: JsonObject): Promise<void>;
}

/** What one run of a trigger works with. */
export interface RunContext<Kind extends TriggerKind> {
  readonly services: TriggerServices;
  readonly target: TriggerTarget<Kind>;
  readonly delivery: Delivery;
  readonly report: TriggerReport;
  readonly store: StateStore;
  readonly masker: Masker;
  /** Aborts when the run ends. */
  readonly signal: AbortSignal;
}

/**
 * The trigger's properties with secrets in place. The masker learns their values, to take them out of whatever the
 * trigger says (invariant 9).
 *
 * @throws Error that names the property.
 */
export function secretProperties(
  surroundings: TriggerSurroundings,
  target: KnownTrigger,
  masker: Masker,
): JsonObject {
  const impure = impureOf(surroundings);
  const evaluated = evaluateProperties(target, surroundings.globals, {
    ...impure,
    secret(name) {
      const value = impure.secret(name);
      masker.add(value);
      return value;
    },
  });
  if (evaluated.ok) return evaluated.properties;
  throw new Error(masker.text(evaluated.problem));
}

/** What every plugin's trigger gets. */
export function pluginContext(
  { clock, logger, topics, proxyFor }: TriggerSurroundings,
  { flow, definition, settings }: KnownTrigger,
  masker: Masker,
  signal: AbortSignal,
): TriggerContext {
  const fields = { namespace: flow.namespace, flow: flow.id, trigger: definition.id };
  const lines = logger.child(fields);
  return {
    ...fields,
    settings,
    signal,
    now: () => clock.now(),
    pause: (durationMs) => sleep(clock, durationMs, signal),
    log(level, message) {
      const text = masker.text(message);
      if (level === 'trace' || level === 'debug') lines.debug({}, text);
      else lines[level]({}, text);
    },
    topics,
    proxyFor,
  };
}
