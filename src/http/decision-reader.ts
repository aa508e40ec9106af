import type { Decision } from '../model/records.ts';
import type { LogRecord } from '../ports/log.ts';
import { decodeDecision } from '../records/decisions.ts';
import { formatReached, type Reached } from './reached.ts';
import { askLog, type HttpServices } from './services.ts';

/** Records that are looked through for one answer, of each partition. */
const SCANNED_MAX = 20_000;
const PAGE_RECORDS = 1_000;

export interface DecisionsPage {
  /** Oldest first. */
  readonly decisions: readonly Decision[];
  /** Ask with it for what comes later. */
  readonly cursor: string;
}

export interface DecisionsQuery {
  readonly partitions: readonly number[];
  readonly wanted: (decision: Decision) => boolean;
  readonly limit: number;
  /** By partition the last offset that the caller has seen; undefined: the newest are wanted. */
  readonly after: Reached | undefined;
}

interface Found {
  readonly decision: Decision;
  readonly partition: number;
  readonly offset: number;
}

/** @throws Problem 503 when the log does not answer. */
export async function readDecisions(
  services: HttpServices,
  query: DecisionsQuery,
): Promise<DecisionsPage> {
  const reached = new Map<number, number>(query.after ?? []);
  const all: Found[] = [];
  for (const partition of query.partitions) {
    const from = query.after?.get(partition);
    const found = await askLog(services, (signal) =>
      from === undefined
        ? newest(services, query, partition, signal)
        : later(services, query, { partition, from: from + 1 }, signal),
    );
    all.push(...found.decisions);
    reached.set(partition, found.reached);
  }
  all.sort((one, other) => one.decision.timeMs - other.decision.timeMs);
  const kept = query.after === undefined ? all.slice(-query.limit) : all;
  return { decisions: kept.map(({ decision }) => decision), cursor: formatReached(reached) };
}

interface PartitionDecisions {
  readonly decisions: readonly Found[];
  /** The last offset that was looked at. */
  readonly reached: number;
}

async function newest(
  services: HttpServices,
  { wanted, limit }: DecisionsQuery,
  partition: number,
  signal: AbortSignal,
): Promise<PartitionDecisions> {
  const { log } = services.options;
  const { start, end } = await log.bounds('decisions', partition, signal);
  let decisions: readonly Found[] = [];
  const oldest = Math.max(start, end - SCANNED_MAX);
  for (let to = end; to > oldest && decisions.length < limit; to -= PAGE_RECORDS) {
    const from = Math.max(oldest, to - PAGE_RECORDS);
    const page: Found[] = [];
    for await (const records of log.read('decisions', partition, from, to, signal)) {
      page.push(...decoded(records, partition).filter(({ decision }) => wanted(decision)));
    }
    decisions = [...page, ...decisions];
  }
  return { decisions: decisions.slice(-limit), reached: end - 1 };
}

async function later(
  services: HttpServices,
  { wanted, limit }: DecisionsQuery,
  { partition, from }: { readonly partition: number; readonly from: number },
  signal: AbortSignal,
): Promise<PartitionDecisions> {
  const { log } = services.options;
  const { start, end } = await log.bounds('decisions', partition, signal);
  const begin = Math.max(start, from);
  const to = Math.min(end, begin + SCANNED_MAX);
  const decisions: Found[] = [];
  if (begin >= to) return { decisions, reached: Math.max(from, start) - 1 };
  for await (const records of log.read('decisions', partition, begin, to, signal)) {
    for (const found of decoded(records, partition)) {
      if (wanted(found.decision)) decisions.push(found);
      if (decisions.length >= limit) return { decisions, reached: found.offset };
    }
  }
  return { decisions, reached: to - 1 };
}

function decoded(records: readonly LogRecord[], partition: number): readonly Found[] {
  return records.flatMap((record) => {
    const decision = decodeDecision(record);
    return decision.ok ? [{ decision: decision.value, partition, offset: record.offset }] : [];
  });
}
