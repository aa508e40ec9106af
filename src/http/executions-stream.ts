import type { Context } from 'hono';
import type { About, ExecutionCreated, ExecutionEnded } from '../model/events.ts';
import type { ExecutionQuery } from '../ports/views.ts';
import { type EventShow, streamAll } from './all-events.ts';
import { type ListedExecution, listedBody } from './execution-bodies.ts';
import type { HttpServices } from './services.ts';

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
    return isWanted(listed, query) ? { event: 'execution', data: listedBody(listed) } : undefined;
  };
  return streamAll(context, services, 0, show);
}

function listedOf(event: ExecutionCreated | ExecutionEnded): ListedExecution {
  const { execution: id, time } = event;
  if (event.type === 'execution.created') {
    const began = { state: 'RUNNING', startedAtMs: time, endedAtMs: null } as const;
    return { id, ...identityOf(event), ...began };
  }
  const { about, state } = event;
  return { id, ...identityOf(about), state, startedAtMs: about.startedAtMs, endedAtMs: time };
}

/** Of a trigger no more than its name: what it saw is the execution's own. */
function identityOf({ namespace, flow, revision, labels, trigger }: ExecutionCreated | About) {
  const { type, id } = trigger;
  return { namespace, flow, revision, labels, trigger: { type, id } };
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
