import type { KafkajsModules } from './module-cache.ts';

interface FetchedMessage {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly isControlRecord?: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

interface FilterOptions {
  readonly messages: readonly FetchedMessage[];
  readonly abortedTransactions?:
    readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
}

/**
 * Fault: a consumer with read_committed delivers records of aborted transactions. The filter takes
 * the broker's list as sorted by first offset, though it is sorted by abort marker, and takes at
 * most one entry from it for each message; and any four zero bytes as a key count as an abort
 * marker.
 * Evidence: consumer/filterAbortedMessages.js against CompletedFetch.java; on Kafka 4.4 it
 * delivered `A-abort-1 C-ok A2-abort` where only `C-ok` was right. No issue is known.
 * Remove when: kafkajs orders the list itself and looks only at control records.
 */
export function correctReadCommitted(modules: KafkajsModules): void {
  modules.replace('consumer/filterAbortedMessages', filterAbortedMessages);
}

/** Messages that were not rolled back, control records included: kafkajs filters those itself. */
export function filterAbortedMessages(options: FilterOptions): readonly FetchedMessage[] {
  const { messages, abortedTransactions } = options;
  if (abortedTransactions === undefined || abortedTransactions === null) return messages;
  const transactions = abortedTransactions
    .map((entry) => ({ producerId: entry.producerId, firstOffset: BigInt(entry.firstOffset) }))
    .toSorted((left, right) => (left.firstOffset < right.firstOffset ? -1 : 1));
  const aborting = new Set<string>();
  let seen = 0;
  return messages.filter((message) => {
    const offset = BigInt(message.offset);
    for (
      let next = transactions[seen];
      next !== undefined && next.firstOffset <= offset;
      next = transactions[++seen]
    ) {
      aborting.add(next.producerId);
    }
    const { producerId, inTransaction } = message.batchContext;
    if (message.isControlRecord === true) {
      if (isAbortMarker(message.key)) aborting.delete(producerId);
      return true;
    }
    return !(inTransaction && aborting.has(producerId));
  });
}

/** Key of a control record: version int16, type int16; type 0 aborts. */
function isAbortMarker(key: Buffer | null): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
