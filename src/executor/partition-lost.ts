import { FatalError } from '../model/errors.ts';
import type { AppendOutcome } from '../ports/log.ts';

/** Why an executor gave a partition up. */
export type LossReason =
  /** It was assigned to somebody else, or this executor stops. */
  | 'revoked'
  /** A newer owner has written. */
  | 'fenced'
  /** Somebody else wrote, or the broker forgot the writer: the log decides what counted. */
  | 'disturbed'
  /** Opened anew on purpose, once a day. */
  | 'reopened'
  /** The log was closed. */
  | 'closed';

/** The partition is not ours any more, or must be opened anew: everything known of it is forgotten. */
export class PartitionLost extends Error {
  override readonly name = 'PartitionLost';
  readonly reason: LossReason;

  constructor(reason: LossReason, detail?: string) {
    super(detail === undefined ? `partition lost: ${reason}` : `partition lost: ${detail}`);
    this.reason = reason;
  }
}

/**
 * What an append that was not committed means for the partition.
 *
 * @returns PartitionLost, or FatalError `log-refuses` where trying again cannot help.
 */
export function lossOf(outcome: Exclude<AppendOutcome, { kind: 'committed' }>): Error {
  switch (outcome.kind) {
    case 'fenced':
      return new PartitionLost('fenced');
    case 'disturbed':
      return new PartitionLost('disturbed', outcome.reason);
    case 'closed':
      return new PartitionLost('closed');
    case 'refused':
      return new FatalError(
        'log-refuses',
        `the log refuses events (${outcome.code}): ${outcome.message}. ` +
          'Check topics and rights with `millrace doctor`, then start again',
      );
  }
}
