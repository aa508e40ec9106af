/**
 * The highest sequence of each source (docs/ARCHITECTURE.md, invariant 7). Sources of API processes are
 * forgotten 24 h after their last record, measured by the records' own times: the newest time seen is the
 * clock. Whether an entry counts is a question of that clock alone, never of when it is swept out.
 */
import { partitionOf } from '../../model/ids.ts';
import { limits } from '../../model/limits.ts';
import { isApiSource, type SourcePosition } from '../../model/starts.ts';
import { present } from '../../support/assert.ts';

interface Entry {
  readonly sequence: number;
  readonly timeMs: number;
}

/** Sources are spread over this many checkpoint pages. */
export const SOURCE_BUCKETS = 16;

export interface SourceBucketPage {
  readonly clockMs: number;
  readonly sources: Readonly<Record<string, readonly [sequence: number, timeMs: number]>>;
}

export class Sources {
  private readonly buckets = Array.from({ length: SOURCE_BUCKETS }, () => new Map<string, Entry>());
  private clockMs = 0;

  bucketOf(id: string): number {
    return partitionOf(id, SOURCE_BUCKETS); // Any hash would do.
  }

  /** The highest sequence taken, or -1. */
  sequence(id: string): number {
    return this.counting(id)?.sequence ?? -1;
  }

  put({ id, sequence }: SourcePosition, timeMs: number): void {
    const known = this.counting(id);
    this.clockMs = Math.max(this.clockMs, timeMs);
    this.bucket(this.bucketOf(id)).set(id, {
      sequence: Math.max(sequence, known?.sequence ?? 0),
      timeMs: Math.max(timeMs, known?.timeMs ?? 0),
    });
  }

  page(bucket: number): SourceBucketPage {
    const entries = this.bucket(bucket);
    for (const [id, entry] of entries) if (this.isForgotten(id, entry)) entries.delete(id);
    const sources = [...entries].map(
      ([id, entry]) => [id, [entry.sequence, entry.timeMs]] as const,
    );
    return { clockMs: this.clockMs, sources: Object.fromEntries(sources) };
  }

  restore(bucket: number, page: SourceBucketPage): void {
    const entries = this.bucket(bucket);
    entries.clear();
    this.clockMs = Math.max(this.clockMs, page.clockMs);
    for (const [id, [sequence, timeMs]] of Object.entries(page.sources)) {
      entries.set(id, { sequence, timeMs });
    }
  }

  private counting(id: string): Entry | undefined {
    const entry = this.bucket(this.bucketOf(id)).get(id);
    return entry === undefined || this.isForgotten(id, entry) ? undefined : entry;
  }

  private isForgotten(id: string, { timeMs }: Entry): boolean {
    return isApiSource(id) && timeMs + limits.sourceForgottenMs.value < this.clockMs;
  }

  private bucket(number: number): Map<string, Entry> {
    return present(this.buckets[number], 'a bucket of sources');
  }
}
