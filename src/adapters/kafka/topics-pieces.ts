import type { RawRecord } from './topics-records.ts';
import type { DamageKind } from './wire/decode-batches.ts';
import type { FetchedPartition } from './wire/fetch.ts';

/** Records with what could not be read before them, as the port hands them on. */
export interface Piece {
  readonly records: readonly RawRecord[];
  readonly damaged?: {
    readonly firstOffset: number;
    readonly lastOffset: number;
    readonly reason: string;
    /** Undefined: nothing is damaged, the records are gone. */
    readonly kind?: DamageKind;
  };
  readonly nextOffset: number;
}

/** An answer cut before each damaged range; the last piece goes to the answer's end. */
export function piecesOf({
  records,
  damaged,
  nextOffset,
}: FetchedPartition<RawRecord>): readonly Piece[] {
  const [first] = damaged;
  if (first === undefined) return [{ records, nextOffset }];
  const before = records.filter(({ offset }) => offset < first.firstOffset);
  const head = { records: before, nextOffset: first.firstOffset };
  const rest = damaged.map((range, index): Piece => {
    const end = damaged[index + 1]?.firstOffset ?? nextOffset;
    const following = records.filter(({ offset }) => offset > range.lastOffset && offset < end);
    return { records: following, damaged: range, nextOffset: end };
  });
  return before.length === 0 ? rest : [head, ...rest];
}
