import type { Cause } from '../../model/events.ts';
import { limits } from '../../model/limits.ts';
import type { RecordOrigin, StartRequest } from '../../model/starts.ts';
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

/** No execution: a dead letter, a decision, and an answer for whoever waits for the id. */
export function rejectStart(
  draft: Draft,
  record: StartRecord,
  { reason, message }: { readonly reason: string; readonly message: string },
  start?: StartRequest,
): void {
  const { cause, timeMs, origin, preview } = record;
  draft.emit({
    type: 'start.rejected',
    time: timeMs,
    cause,
    ...(start?.executionId === undefined ? {} : { requestedId: start.executionId }),
    ...(start === undefined ? {} : { namespace: start.namespace, flow: start.flow }),
    trigger: start?.trigger.id ?? null,
    reason,
    message: cutText(message, limits.failureBytes.value),
    origin,
    preview,
    ...(start?.source === undefined ? {} : { source: start.source }),
  });
}
