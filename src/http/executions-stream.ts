import type { Context } from 'hono';
import type { ExecutionCreated, ExecutionEnded } from '../model/events.ts';
import type { State } from '../model/states.ts';
import type { ExecutionQuery } from '../ports/views.ts';
import { type EventShow, streamAll } from './all-events.ts';
import type { HttpServices } from './services.ts';

/** What a list shows of an execution, as far as the event tells that begins or ends it. */
interface ListedExecution {
  readonly executionId: string;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  readonly state: State;
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: { readonly type: string; readonly id: string | null };
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

/**
 * The list of executions as it changes: each when it begins and when it ends, if it is one that is asked for.
 * Made of the stream of all events, so that it is resumed as that is.
 */
export function streamExecutions(
  context: Context,
  services: HttpServices,
  query: ExecutionQuery,
): Promise<Response> {
  const show: EventShow = ({ event }) => {
    if (event.type !== 'execution.created' && event.type !== 'execution.ended') return undefined;
    const listed = listedOf(event);
    return isWanted(listed, query) ? { event: 'execution', data: bodyOf(listed) } : undefined;
  };
  return streamAll(context, services, 0, show);
}

function listedOf(event: ExecutionCreated | ExecutionEnded): ListedExecution {
  if (event.type === 'execution.ended') {
    const { about, execution, state, time } = event;
    return { ...about, executionId: execution, state, endedAtMs: time };
  }
  const { execution, time } = event;
  return { ...event, executionId: execution, state: 'RUNNING', startedAtMs: time, endedAtMs: null };
}

function isWanted(listed: ListedExecution, query: ExecutionQuery): boolean {
  const { namespace, flow, states, labels = {}, trigger, fromMs, toMs } = query;
  return (
    (namespace === undefined || listed.namespace === namespace) &&
    (flow === undefined || listed.flow === flow) &&
    (states === undefined || states.includes(listed.state)) &&
    (trigger === undefined || listed.trigger.id === trigger) &&
    (fromMs === undefined || listed.startedAtMs >= fromMs) &&
    (toMs === undefined || listed.startedAtMs < toMs) &&
    Object.entries(labels).every(([name, value]) => listed.labels[name] === value)
  );
}

function bodyOf(listed: ListedExecution) {
  const { executionId, namespace, flow, revision, state, labels, trigger } = listed;
  const { startedAtMs, endedAtMs } = listed;
  return {
    ...{ executionId, namespace, flow, revision, state, labels },
    trigger: { type: trigger.type, id: trigger.id },
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
    durationMs: endedAtMs === null ? null : endedAtMs - startedAtMs,
  };
}
