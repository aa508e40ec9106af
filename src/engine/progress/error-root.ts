/** `error`: what the list is about that a place stands in, `errors` or `finally` of a block or the flow. */
import type { IterationPlace } from '../../model/events.ts';
import type { Failure } from '../../model/failure.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import type { ExecutionView } from '../state/execution.ts';
import { withOutputs } from './failure.ts';
import { blockAt } from './regions.ts';

/** Null where nothing has failed. */
export function errorRoot(view: ExecutionView, run: Place): Json {
  const error = errorAround(view, run);
  if (error === undefined) return null;
  const { outputs = null, ...failure } = withOutputs(view, error);
  return { ...plain(failure), outputs, all: view.head.failures.map(plain) };
}

interface Place {
  readonly parent: number;
  readonly iteration?: IterationPlace;
}

function errorAround(view: ExecutionView, { parent, iteration }: Place): Failure | undefined {
  for (let at = parent; ;) {
    const block = blockAt(view, at);
    if (block?.result?.error !== undefined) return block.result.error;
    if (at === 0) return undefined;
    // An iteration is there once its first task is, whose properties may be what is looked at.
    const loop = at === iteration?.run ? iteration.loop : 0;
    at = view.run(at)?.parent ?? loop;
  }
}

/** A failure is plain data; an interface has no index signature by itself. */
function plain(failure: Failure): JsonObject {
  return { iterations: [], ...failure };
}
