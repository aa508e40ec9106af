import type { JsonObject } from '../support/json.ts';

/** A trigger of a flow, whatever its revision. */
export interface TriggerName {
  readonly namespace: string;
  readonly flow: string;
  readonly trigger: string;
}

/** `<namespace>/<flow>/<trigger>`: its partition of `triggers` and `decisions` follows from it. */
export function triggerKey({ namespace, flow, trigger }: TriggerName): string {
  return `${namespace}/${flow}/${trigger}`;
}

/** The trigger of a {@link triggerKey}; undefined for another text. */
export function parseTriggerKey(key: string): TriggerName | undefined {
  const [namespace = '', flow = '', trigger = '', ...rest] = key.split('/');
  const complete = namespace !== '' && flow !== '' && trigger !== '' && rest.length === 0;
  return complete ? { namespace, flow, trigger } : undefined;
}

/** The source (invariant 7) that a trigger's starts carry; a stream has one for each of its own sources. */
export function triggerSource(key: string, source?: string): string {
  return source === undefined ? `trigger/${key}` : `trigger/${key}/${source}`;
}

/** What a trigger does at the moment, as one process sees it. */
export const triggerStates = ['RUNNING', 'WAITING', 'PAUSED', 'DISABLED', 'FAILING'] as const;

export type TriggerState = (typeof triggerStates)[number];

/** A record of `triggers`. Each kind has keys of its own, so that writers never overwrite each other. */
export type TriggerRecord =
  | OwnerRecord
  | StateRecord
  | PositionRecord
  | SwitchRecord
  | PauseRecord
  | StatusRecord
  | ProcessRecord;

/** A process took a partition of triggers over. The offset of this record is its generation. */
export interface OwnerRecord {
  readonly kind: 'owner';
  readonly process: string;
}

/** What a poll or clock trigger knows; the newest by (generation, sequence) counts. */
export interface StateRecord {
  readonly kind: 'state';
  readonly trigger: string;
  readonly generation: number;
  readonly sequence: number;
  readonly state: JsonObject;
}

/** The highest sequence of one source of a stream trigger whose event's fate was safe. */
export interface PositionRecord {
  readonly kind: 'position';
  readonly trigger: string;
  readonly source: string;
  readonly sequence: number;
}

/** Somebody enabled or disabled the trigger. */
export interface SwitchRecord {
  readonly kind: 'switch';
  readonly trigger: string;
  readonly enabled: boolean;
  readonly timeMs: number;
}

/** An event could not be taken, and `onError` is `pause`: no event is, until the trigger is enabled or changed. */
export interface PauseRecord {
  readonly kind: 'pause';
  readonly trigger: string;
  /** Of the flow. A newer one is no longer paused. */
  readonly revision: number;
  readonly reason: string;
  readonly message: string;
  readonly timeMs: number;
}

/** What the trigger does in one process. Of a poll or clock trigger there is one, its owner's. */
export interface StatusRecord {
  readonly kind: 'status';
  readonly trigger: string;
  readonly process: string;
  readonly revision: number;
  readonly state: TriggerState;
  /** Why it is not RUNNING. */
  readonly message?: string;
  /** Events that there are and that it has not taken. */
  readonly lag?: number;
  readonly lastFireMs?: number;
  readonly nextFireMs?: number;
  readonly lastError?: string;
  readonly lastErrorMs?: number;
  readonly timeMs: number;
}

/** A trigger process lives; those silent for long do not, and what they said of triggers is old. */
export interface ProcessRecord {
  readonly kind: 'process';
  readonly process: string;
  readonly host: string;
  readonly processId: number;
}
