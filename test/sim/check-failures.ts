import { decodeDeadLetter } from '../../src/records/dlq.ts';
import type { History, OwnersWord } from './history.ts';

/** How many owners an input ends before it is failed. */
const OWNERS = 3;

/**
 * Nothing that clients send here is wrong, so nothing is refused and nothing is a dead letter, but for inputs
 * that ended three owners in careful mode, one after the other: the log must show that they did.
 */
export function checkFailures({ events, owners, deadLetters }: History): readonly string[] {
  const problems: string[] = [];
  for (const { event, partition, offset } of events) {
    if (event.cause.kind === 'command-failed') {
      if (hasEndedOwners(owners[partition] ?? [], offset)) continue;
      problems.push(`${event.type} at ${partition}:${offset} failed: ${event.cause.message}`);
    } else if (event.type === 'start.rejected') {
      problems.push(`a start was rejected: ${event.reason}: ${event.message}`);
    }
  }
  for (const record of deadLetters) {
    const letter = decodeDeadLetter(record);
    if (letter.ok && letter.value.reason === 'command-failed') continue;
    problems.push(`dead letter: ${record.value ?? ''}`);
  }
  return problems;
}

/** The batch that fails an input follows right on three owners that named it and said nothing more. */
function hasEndedOwners(words: readonly OwnersWord[], offset: number): boolean {
  let at = words.findLastIndex((word) => word.offset <= offset);
  while (at >= 0 && words[at]?.began === undefined) at -= 1;
  const last = words.slice(Math.max(0, at + 1 - OWNERS), at + 1).map(({ began }) => began);
  return last.length === OWNERS && last.every((began) => began !== undefined && began === last[0]);
}
