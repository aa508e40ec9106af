import type { Broker } from '../kafkajs-internals.ts';
import type { KafkajsModules } from './module-cache.ts';

interface CoordinatorQuery {
  readonly groupId: string;
  readonly coordinatorType?: number;
}

interface Cluster {
  findGroupCoordinator: (this: Cluster, query: CoordinatorQuery) => Promise<Broker>;
}

type CreateErrorFromCode = (code: number) => Error;

/**
 * The broker asked is not, or not yet, the coordinator: 14 loading, 15 not available, 16 not
 * coordinator.
 */
const COORDINATOR_CODES: ReadonlySet<number> = new Set([14, 15, 16]);

/**
 * Fault: the coordinator of a consumer group or transactional id is asked for before every single
 * use of it, four times for each transaction.
 * Evidence: cluster/index.js; 4.0 FindCoordinator requests a transaction counted on Kafka 4.4, 0
 * with this.
 * Remove when: kafkajs keeps the answer itself.
 *
 * An answer is kept while its broker is connected and until any coordinator in this process answers
 * with one of the codes above, which makes all answers kept so far void.
 */
export function correctCoordinators(modules: KafkajsModules, errorsSeen: () => number): void {
  interface Kept {
    readonly broker: Broker;
    readonly errorsSeen: number;
  }
  // The export of cluster/index is the class.
  const { prototype } = modules.load('cluster') as { prototype: Cluster };
  const find = prototype.findGroupCoordinator;
  const keptByCluster = new WeakMap<Cluster, Map<string, Kept>>();
  prototype.findGroupCoordinator = async function (query) {
    const kept = keptByCluster.get(this) ?? new Map<string, Kept>();
    keptByCluster.set(this, kept);
    const key = `${query.coordinatorType ?? 0}/${query.groupId}`;
    const known = kept.get(key);
    const seen = errorsSeen();
    if (known?.errorsSeen === seen && known.broker.isConnected()) return known.broker;
    const broker = await find.call(this, query);
    kept.set(key, { broker, errorsSeen: seen });
    return broker;
  };
}

/**
 * Counts the coordinator errors that brokers answer with. The decoders of responses take the
 * function that makes errors when they are loaded, so this comes before them.
 */
export function countCoordinatorErrors(modules: KafkajsModules): () => number {
  const errors = modules.load('protocol/error') as { createErrorFromCode: CreateErrorFromCode };
  const createErrorFromCode = errors.createErrorFromCode;
  let count = 0;
  errors.createErrorFromCode = (code) => {
    if (COORDINATOR_CODES.has(code)) count++;
    return createErrorFromCode(code);
  };
  return () => count;
}
