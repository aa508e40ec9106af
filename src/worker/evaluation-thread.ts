/**
 * Runs in a worker thread: evaluates deferred expressions over values from the blob store, where a hostile or
 * huge expression can be ended without harm to other tasks. One request at a time; see
 * {@link EvaluationThread} for the other side.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { DeferredExpression } from '../model/records.ts';
import { TaskFailure } from '../plugin/index.ts';
import { present } from '../support/assert.ts';
import type { JsonObject } from '../support/json.ts';
import { evaluateDeferred } from './deferred.ts';
import { lostValue } from './failures.ts';

export interface EvaluationRequest {
  readonly deferred: readonly DeferredExpression[];
  readonly seed: string;
  readonly now: number;
  /** Values by URI, as JSON text. */
  readonly values: ReadonlyMap<string, string>;
  /** The secrets and variables that are known to be called for; more are asked for by {@link EvaluationAnswer}. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly variables: ReadonlyMap<string, string | undefined>;
}

export type EvaluationAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  /** Evaluate again with this secret or variable. */
  | { readonly kind: 'wants'; readonly what: 'secret' | 'variable'; readonly name: string }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly details?: JsonObject;
    };

class Wanted extends Error {
  readonly what: 'secret' | 'variable';
  readonly wanted: string;

  constructor(what: 'secret' | 'variable', wanted: string) {
    super(`${what} ${wanted}`);
    this.what = what;
    this.wanted = wanted;
  }
}

function answer(request: EvaluationRequest): EvaluationAnswer {
  let wanted: Wanted | undefined;
  const ask = (what: 'secret' | 'variable', name: string): never => {
    wanted = new Wanted(what, name);
    throw wanted;
  };
  const scope = {
    seed: request.seed,
    now: request.now,
    secret: (name: string) => request.secrets.get(name) ?? ask('secret', name),
    env: (name: string) =>
      request.variables.has(name) ? request.variables.get(name) : ask('variable', name),
    read: (uri: string): unknown => {
      const text = request.values.get(uri);
      if (text === undefined) throw lostValue(uri);
      return JSON.parse(text);
    },
  };
  try {
    const values = request.deferred.map((deferred) => evaluateDeferred(deferred, scope));
    return { kind: 'values', values };
  } catch (error) {
    if (wanted !== undefined) return { kind: 'wants', what: wanted.what, name: wanted.wanted };
    if (!(error instanceof TaskFailure)) throw error;
    const { code, message, details } = error;
    return { kind: 'failed', code, message, ...(details === undefined ? {} : { details }) };
  }
}

// The module is also imported for its types; only a thread made by EvaluationThread has this mark.
if (workerData === 'millrace-evaluation') {
  const port = present(parentPort, 'a parent of the evaluation thread');
  port.on('message', (request: EvaluationRequest) => {
    port.postMessage(answer(request));
  });
  port.postMessage({ kind: 'ready' } satisfies EvaluationAnswer);
}
