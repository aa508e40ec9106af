import type { BenchCase } from './cases.ts';
import { load, type LoadResult } from './load.ts';
import { type Usage, usageOf } from './process-usage.ts';
import type { LogKind, Target } from './target.ts';

export interface MeasureOptions {
  readonly log: LogKind;
  readonly seconds: number;
  readonly inFlight: number;
  readonly rate?: number;
}

/** One measurement, as `--json` prints it. Times in ms; CPU of all processes but the load's. */
export interface Measurement {
  readonly case: string;
  readonly log: LogKind;
  readonly mode: 'closed' | 'open';
  readonly inFlight: number | null;
  readonly rate: number | null;
  readonly seconds: number;
  readonly executions: number;
  readonly failed: number;
  readonly failure: string | null;
  readonly throughput: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly cpuMsPerExecution: number;
  readonly cpuMsPerExecutionByProcess: Readonly<Record<string, number>>;
  readonly recordsPerExecution: number | null;
  readonly residentMegabytes: Readonly<Record<string, number>>;
  readonly startSeconds: number;
}

/** Warms up (the JIT, connections, page cache), then measures. */
export async function measure(
  target: Target,
  benchCase: BenchCase,
  options: MeasureOptions,
): Promise<Measurement> {
  const request = {
    origin: target.origin,
    path: `/api/v1/webhooks/bench/${benchCase.name}/hook`,
    body: (n: number) => benchCase.body(n),
  };
  await load({ ...request, seconds: Math.min(5, options.seconds), inFlight: options.inFlight });
  const before = await usages(target);
  const recordsBefore = await recordsWritten(target);
  const result = await load({ ...request, ...options });
  const after = await usages(target);
  const recordsAfter = await recordsWritten(target);
  return report(target, benchCase, options, result, {
    before,
    after,
    records:
      recordsBefore === undefined || recordsAfter === undefined
        ? undefined
        : recordsAfter - recordsBefore,
  });
}

async function usages(target: Target): Promise<ReadonlyMap<string, Usage>> {
  const entries = Object.entries(target.pids).map(async ([name, pid]): Promise<[string, Usage]> => [
    name,
    await usageOf(pid),
  ]);
  return new Map(await Promise.all(entries));
}

/** The sum of `millrace_records_written_total` over topics, from /metrics. */
async function recordsWritten(target: Target): Promise<number | undefined> {
  const text = await (await fetch(`${target.managementOrigin}/metrics`)).text();
  const values = [...text.matchAll(/^millrace_records_written_total(?:\{[^}]*\})? (\S+)$/gm)];
  if (values.length === 0) return undefined;
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

function report(
  target: Target,
  benchCase: BenchCase,
  options: MeasureOptions,
  result: LoadResult,
  usage: {
    readonly before: ReadonlyMap<string, Usage>;
    readonly after: ReadonlyMap<string, Usage>;
    readonly records: number | undefined;
  },
): Measurement {
  const executions = Math.max(1, result.ended);
  const cpu: Record<string, number> = {};
  const resident: Record<string, number> = {};
  for (const [name, { cpuMs, residentBytes }] of usage.after) {
    cpu[name] = round((cpuMs - (usage.before.get(name)?.cpuMs ?? 0)) / executions, 3);
    resident[name] = Math.round(residentBytes / 1_048_576);
  }
  const latency = (fraction: number): number => round(result.latencyMs.percentile(fraction), 2);
  return {
    case: benchCase.name,
    log: options.log,
    mode: options.rate === undefined ? 'closed' : 'open',
    inFlight: options.rate === undefined ? options.inFlight : null,
    rate: options.rate ?? null,
    seconds: round(result.seconds, 1),
    executions: result.ended,
    failed: result.failed,
    failure: result.failure ?? null,
    throughput: round(result.ended / result.seconds, 1),
    p50: latency(0.5),
    p95: latency(0.95),
    p99: latency(0.99),
    max: latency(1),
    cpuMsPerExecution: round(
      Object.values(cpu).reduce((sum, value) => sum + value, 0),
      3,
    ),
    cpuMsPerExecutionByProcess: cpu,
    recordsPerExecution: usage.records === undefined ? null : round(usage.records / executions, 2),
    residentMegabytes: resident,
    startSeconds: round(target.startSeconds, 2),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
