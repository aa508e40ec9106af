import type { Cause } from '../../model/cause.ts';
import { limits } from '../../model/limits.ts';
import type { RecordOrigin, StartRequest } from '../../model/starts.ts';
import { isJsonObject, type Json } from '../../support/json.ts';
import type { Draft } from '../draft.ts';
import { cutText } from '../text.ts';

/** The record that is decided on, whether it could be read or not. */
export interface StartRecord {
  readonly cause: Cause;
  readonly timeMs: number;
  readonly origin: RecordOrigin;
  /** The start of its value, for a dead letter. */
  readonly preview: string;
}

export interface RejectionReason {
  readonly reason: string;
  readonly message: string;
  /** Of a record that could not be read: `{namespace, flow}`, where at least these could. */
  readonly raw?: Json;
}

/** No execution: a dead letter, a decision, and an answer for whoever waits for the id. */
export function rejectStart(
  draft: Draft,
  record: StartRecord,
  { reason, message, raw }: RejectionReason,
  start?: StartRequest,
): void {
  const { cause, timeMs, origin, preview } = record;
  draft.emit({
    type: 'start.rejected',
    time: timeMs,
    cause,
    ...(start?.executionId === undefined ? {} : { requestedId: start.executionId }),
    ...flowOf(start ?? raw),
    trigger: start?.trigger.id ?? null,
    reason,
    message: cutText(message, limits.failureBytes.value),
    origin,
    preview,
    ...(start?.source === undefined ? {} : { source: start.source }),
  });
}

/** The flow that the record named, for its decisions. */
function flowOf(
  named: StartRequest | Json | undefined,
): { readonly namespace: string; readonly flow: string } | undefined {
  if (!isJsonObject(named)) return undefined;
  const { namespace, flow } = named;
  return typeof namespace === 'string' && typeof flow === 'string'
    ? { namespace, flow }
    : undefined;
}
