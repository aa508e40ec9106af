import type { BackOff } from '../../ports/clock.ts';
import type { KafkaCluster } from './cluster.ts';
import { repeat } from './waiting.ts';
import type { ProducerIdentity } from './wire/record-batch.ts';

/** Transactions are never begun; this is the least that brokers let stand for sure, ms. */
const TRANSACTION_TIMEOUT_MS = 10_000;
/** Loading a coordinator, or ending what a former owner left open, takes tens of milliseconds. */
const BACK_OFF: BackOff = { firstMs: 25, longestMs: 100 };

/**
 * Takes over a transactional id (InitProducerId): the same producer id as its former owner had,
 * with the next epoch, so that the broker refuses the former owner's batches on every partition
 * that has seen one of ours. After the id has expired (7 days without InitProducerId) it is a new
 * producer id with epoch 0.
 *
 * Temporary answers (coordinator loading, moved or busy: 14, 15, 16, 51) and lost connections are
 * repeated; asking twice costs an epoch, nothing else.
 * @throws FatalError without the right to use the id; the signal's reason when it aborts.
 */
export async function initProducerId(
  cluster: KafkaCluster,
  transactionalId: string,
  signal: AbortSignal,
): Promise<ProducerIdentity> {
  const request = { transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS };
  const answer = await repeat(
    signal,
    () =>
      cluster.useCoordinator('transaction', transactionalId, (broker) =>
        broker.initProducerId(request),
      ),
    BACK_OFF,
  );
  return { producerId: BigInt(answer.producerId), producerEpoch: answer.producerEpoch };
}
