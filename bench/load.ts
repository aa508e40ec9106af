/**
 * Load over HTTP: closed loop (N requests in flight) or open loop (a rate, with latency counted from the time
 * at which a request was meant to start, so that a slow server does not hide its own queue).
 */
import { Pool } from 'undici';
import { Histogram } from './histogram.ts';

export interface LoadOptions {
  /** Origin of the server. */
  readonly origin: string;
  readonly path: string;
  body(n: number): string;
  readonly seconds: number;
  /** Requests in flight; or with `rate` the most that may be. */
  readonly inFlight: number;
  /** Requests per second; undefined = closed loop. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly ended: number;
  readonly failed: number;
  /** What a failed request said, the first of them. */
  readonly failure: string | undefined;
  /** Measured seconds. */
  readonly seconds: number;
  readonly latencyMs: Histogram;
}

/** The most requests that an open loop lets pile up before it counts them as failed. */
const OPEN_LOOP_IN_FLIGHT_MAX = 10_000;

export async function load(options: LoadOptions): Promise<LoadResult> {
  const connections = Math.min(options.rate === undefined ? options.inFlight : 512, 512);
  const pool = new Pool(options.origin, { connections, pipelining: 1 });
  try {
    return await (options.rate === undefined
      ? closedLoop(pool, options)
      : openLoop(pool, options, options.rate));
  } finally {
    await pool.close();
  }
}

class Tally {
  readonly latencyMs = new Histogram();
  failed = 0;
  failure: string | undefined;

  async call(pool: Pool, options: LoadOptions, n: number, intendedAt: number): Promise<void> {
    try {
      const response = await pool.request({
        method: 'POST',
        path: options.path,
        headers: { 'content-type': 'application/json' },
        body: options.body(n),
      });
      const text = await response.body.text();
      if (response.statusCode === 200 && text.includes('"SUCCESS"')) {
        this.latencyMs.add(performance.now() - intendedAt);
      } else {
        this.#fail(`${response.statusCode} ${text.slice(0, 300)}`);
      }
    } catch (error) {
      this.#fail(String(error));
    }
  }

  #fail(failure: string): void {
    this.failed += 1;
    this.failure ??= failure;
  }

  result(startedAt: number): LoadResult {
    return {
      ended: this.latencyMs.count,
      failed: this.failed,
      failure: this.failure,
      seconds: (performance.now() - startedAt) / 1_000,
      latencyMs: this.latencyMs,
    };
  }
}

async function closedLoop(pool: Pool, options: LoadOptions): Promise<LoadResult> {
  const tally = new Tally();
  const startedAt = performance.now();
  const endAt = startedAt + options.seconds * 1_000;
  let n = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < endAt) {
      n += 1;
      await tally.call(pool, options, n, performance.now());
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, client));
  return tally.result(startedAt);
}

async function openLoop(pool: Pool, options: LoadOptions, rate: number): Promise<LoadResult> {
  const tally = new Tally();
  const startedAt = performance.now();
  const total = Math.round(options.seconds * rate);
  const calls = new Set<Promise<void>>();
  for (let n = 0; n < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * rate) + 1);
    for (; n < due && calls.size < OPEN_LOOP_IN_FLIGHT_MAX; n += 1) {
      const call = tally.call(pool, options, n, startedAt + (n / rate) * 1_000).then(() => {
        calls.delete(call);
      });
      calls.add(call);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(calls);
  return tally.result(startedAt);
}
