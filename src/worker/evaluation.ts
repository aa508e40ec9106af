import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FailureCode } from '../model/failure.ts';
import { limits } from '../model/limits.ts';
import { TaskFailure } from '../plugin/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { EvaluationAnswer, EvaluationRequest } from './evaluation-thread.ts';

/** What the other side may ask for while it evaluates. */
export interface EvaluationSource {
  secret(name: string): string;
  env(name: string): string | undefined;
}

/** How many secrets and variables one task's expressions may call for. */
const WANTS_MAX = 64;

/**
 * Expressions over large values are evaluated in one thread, one request after the other. A request that
 * takes too long or too much memory ends the thread, not the worker; the next request starts a new one. The
 * thread is started when it is first needed and its start does not count as evaluation time.
 */
export class EvaluationThread {
  readonly #clock: Clock;
  #thread: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws {@link TaskFailure}, definite: nothing has been done yet. */
  evaluate(
    request: Omit<EvaluationRequest, 'secrets' | 'variables'>,
    source: EvaluationSource,
  ): Promise<readonly unknown[]> {
    const result = this.#last.then(() => this.#evaluate(request, source));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = undefined;
  }

  async #evaluate(
    request: Omit<EvaluationRequest, 'secrets' | 'variables'>,
    source: EvaluationSource,
  ): Promise<readonly unknown[]> {
    const secrets = new Map<string, string>();
    const variables = new Map<string, string | undefined>();
    for (let wants = 0; wants < WANTS_MAX; wants += 1) {
      const answer = await this.#ask({ ...request, secrets, variables });
      if (answer.kind === 'values') return answer.values;
      if (answer.kind === 'failed') throw failureOf(answer);
      if (answer.kind === 'ready') continue;
      if (answer.what === 'secret') secrets.set(answer.name, source.secret(answer.name));
      else variables.set(answer.name, source.env(answer.name));
    }
    throw tooMuch(`calls for more than ${WANTS_MAX} secrets and variables`);
  }

  async #ask(request: EvaluationRequest): Promise<EvaluationAnswer> {
    const thread = (this.#thread ??= await startThread());
    const timeoutMs = limits.expressionEvaluateMs.value;
    const ended = Promise.withResolvers<EvaluationAnswer>();
    const onError = (error: unknown): void => {
      ended.reject(threadFailure(error));
    };
    thread.once('message', ended.resolve);
    thread.on('error', onError);
    const cancel = this.#clock.after(timeoutMs, () => {
      ended.reject(tooMuch(`took longer than ${timeoutMs} ms`));
    });
    // It keeps the process alive only while somebody waits for it.
    thread.ref();
    thread.postMessage(request);
    try {
      return await ended.promise;
    } catch (error) {
      this.#thread = undefined;
      void thread.terminate();
      throw error;
    } finally {
      cancel();
      thread.off('message', ended.resolve);
      if (this.#thread === thread) thread.off('error', onError);
      thread.unref();
    }
  }
}

/** The module beside this one, by the ending that this one has: source or built. */
function threadModule(): URL {
  const ending = path.extname(fileURLToPath(import.meta.url));
  return new URL(`./evaluation-thread${ending}`, import.meta.url);
}

async function startThread(): Promise<Worker> {
  const megabytes = limits.expressionEvaluateBytes.value / (1024 * 1024);
  const thread = new Worker(threadModule(), {
    workerData: 'millrace-evaluation',
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 16 },
  });
  const ready = Promise.withResolvers<EvaluationAnswer>();
  thread.once('message', ready.resolve);
  thread.once('error', ready.reject);
  await ready.promise;
  thread.off('error', ready.reject);
  return thread;
}

function failureOf(answer: EvaluationAnswer & { readonly kind: 'failed' }): TaskFailure {
  // The other side took the code from a TaskFailure.
  return new TaskFailure(answer.code as FailureCode, answer.message, {
    outcome: 'definite',
    ...(answer.details === undefined ? {} : { details: answer.details }),
  });
}

function threadFailure(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ERR_WORKER_OUT_OF_MEMORY') {
    return error instanceof Error ? error : new Error(String(error));
  }
  return tooMuch(`took more than ${limits.expressionEvaluateBytes.value} bytes of memory`);
}

function tooMuch(what: string): TaskFailure {
  return new TaskFailure('expression-failed', `the expression ${what}`, { outcome: 'definite' });
}
