import { decodeDeadLetter } from '../../src/records/dlq.ts';
import type { History, OwnersWord } from './history.ts';
import { heardTopic } from './listens.ts';

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
    // Whether it had to be one is for `checkTriggers` to judge.
    if (letter.ok && letter.value.origin.topic === heardTopic) continue;
    problems.push(`dead letter: ${record.value ?? ''}`);
  }
  return problems;
}

/** Before its owner opened, the last three that did named one input, and nothing was done since. */
function hasEndedOwners(words: readonly OwnersWord[], offset: number): boolean {
  const opened = words.findLastIndex((word) => word.kind === 'opened' && word.offset < offset);
  const before = words.slice(0, Math.max(0, opened)).filter(({ kind }) => kind !== 'opened');
  const last = before.slice(-OWNERS);
  return (
    last.length === OWNERS &&
    last.every(({ kind, what }) => kind === 'began' && what === last[0]?.what)
  );
}
