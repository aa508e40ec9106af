import type { SourcePosition } from '../../model/starts.ts';
import type { Draft } from '../draft.ts';

/** True when a record of this source with this sequence, or a later one, was taken before (invariant 7). */
export function knownSequence(draft: Draft, { id, sequence }: SourcePosition): boolean {
  return sequence <= draft.state.base.sources.sequence(id);
}
