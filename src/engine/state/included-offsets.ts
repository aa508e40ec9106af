import type { ExecutionId } from '../../model/ids.ts';
import { runPageNames } from '../pages/execution-pages.ts';

/** Nothing is included: every event is newer. */
const NOTHING = -1;

/** While a partition is restored: the offset of the last event that each page includes. */
export class IncludedOffsets {
  private readonly pages = new Map<string, number>();

  note(page: string, offset: number): void {
    this.pages.set(page, offset);
  }

  head(execution: ExecutionId): number {
    return this.of(`${execution}/head`);
  }

  /** A run with a page of its own may have an older copy in the page of its group. */
  run(execution: ExecutionId, ordinal: number): number {
    const { group, own } = runPageNames(ordinal);
    return this.pages.get(`${execution}/${own}`) ?? this.of(`${execution}/${group}`);
  }

  sources(bucket: number): number {
    return this.of(`$partition/sources/${bucket}`);
  }

  held(execution: ExecutionId): number {
    return this.of(`$partition/held/${execution}`);
  }

  private of(page: string): number {
    return this.pages.get(page) ?? NOTHING;
  }
}
