/**
 * What to do at an error code of a Kafka response. The codes are Kafka's
 * (https://kafka.apache.org/protocol#protocol_error_codes); the actions were decided for an
 * idempotent append with the fencing of docs/ARCHITECTURE.md, "The partition's life", and measured
 * on Kafka 4.4.
 *
 * - `committed`: done, if the offset is the expected one.
 * - `retry-same-bytes`: temporary, or its fate is unknown. The same bytes with the same sequence
 *   again: the broker answers a batch it already has with its first offset.
 * - `reopen`: the broker's producer state is lost or disturbed; only the log can say what counted.
 * - `fenced`: a newer writer exists.
 * - `refused`: never accepted as it is; nothing was written.
 * - `configuration`: no retry helps; a person must change rights, a setting or a version.
 */
export type ErrorAction =
  'committed' | 'retry-same-bytes' | 'reopen' | 'fenced' | 'refused' | 'configuration';

export interface ErrorCode {
  readonly code: number;
  readonly name: string;
  readonly action: ErrorAction;
  /** The leader may be another one by now. */
  readonly isStaleMetadata: boolean;
}

/**
 * No answer came: the connection broke or the time was up. Kafka's own -1 (unknown server error) is
 * as vague.
 */
export const UNKNOWN_FATE = -1;
export const NO_ERROR = 0;
/** Also given by us to a partition whose bytes cannot be taken for record batches at all. */
export const CORRUPT_MESSAGE = 2;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const LEADER_NOT_AVAILABLE = 5;
export const ILLEGAL_GENERATION = 22;
export const UNKNOWN_MEMBER_ID = 25;
export const REBALANCE_IN_PROGRESS = 27;
/** A connection whose authentication got out of step; another one begins anew. */
export const ILLEGAL_SASL_STATE = 34;
export const TOPIC_ALREADY_EXISTS = 36;
export const FENCED_INSTANCE_ID = 82;

const NAMES: Readonly<Record<ErrorAction, Readonly<Record<number, string>>>> = {
  committed: { 0: 'NONE' },
  'retry-same-bytes': {
    [-1]: 'UNKNOWN_SERVER_ERROR',
    2: 'CORRUPT_MESSAGE',
    3: 'UNKNOWN_TOPIC_OR_PARTITION',
    5: 'LEADER_NOT_AVAILABLE',
    6: 'NOT_LEADER_OR_FOLLOWER',
    7: 'REQUEST_TIMED_OUT',
    8: 'BROKER_NOT_AVAILABLE',
    9: 'REPLICA_NOT_AVAILABLE',
    13: 'NETWORK_EXCEPTION',
    14: 'COORDINATOR_LOAD_IN_PROGRESS',
    15: 'COORDINATOR_NOT_AVAILABLE',
    16: 'NOT_COORDINATOR',
    19: 'NOT_ENOUGH_REPLICAS',
    20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    27: 'REBALANCE_IN_PROGRESS',
    34: 'ILLEGAL_SASL_STATE',
    41: 'NOT_CONTROLLER',
    51: 'CONCURRENT_TRANSACTIONS',
    56: 'KAFKA_STORAGE_ERROR',
    70: 'FETCH_SESSION_ID_NOT_FOUND',
    71: 'INVALID_FETCH_SESSION_EPOCH',
    74: 'FENCED_LEADER_EPOCH',
    75: 'UNKNOWN_LEADER_EPOCH',
    78: 'OFFSET_NOT_AVAILABLE',
    89: 'THROTTLING_QUOTA_EXCEEDED',
  },
  reopen: {
    1: 'OFFSET_OUT_OF_RANGE',
    22: 'ILLEGAL_GENERATION',
    25: 'UNKNOWN_MEMBER_ID',
    45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    46: 'DUPLICATE_SEQUENCE_NUMBER',
    48: 'INVALID_TXN_STATE',
    49: 'INVALID_PRODUCER_ID_MAPPING',
    59: 'UNKNOWN_PRODUCER_ID',
    82: 'FENCED_INSTANCE_ID',
  },
  fenced: { 47: 'INVALID_PRODUCER_EPOCH', 90: 'PRODUCER_FENCED' },
  refused: {
    10: 'MESSAGE_TOO_LARGE',
    17: 'INVALID_TOPIC_EXCEPTION',
    18: 'RECORD_LIST_TOO_LARGE',
    32: 'INVALID_TIMESTAMP',
    36: 'TOPIC_ALREADY_EXISTS',
    42: 'INVALID_REQUEST',
    87: 'INVALID_RECORD',
  },
  configuration: {
    21: 'INVALID_REQUIRED_ACKS',
    26: 'INVALID_SESSION_TIMEOUT',
    29: 'TOPIC_AUTHORIZATION_FAILED',
    30: 'GROUP_AUTHORIZATION_FAILED',
    31: 'CLUSTER_AUTHORIZATION_FAILED',
    33: 'UNSUPPORTED_SASL_MECHANISM',
    35: 'UNSUPPORTED_VERSION',
    37: 'INVALID_PARTITIONS',
    38: 'INVALID_REPLICATION_FACTOR',
    40: 'INVALID_CONFIG',
    43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    44: 'POLICY_VIOLATION',
    50: 'INVALID_TRANSACTION_TIMEOUT',
    53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    58: 'SASL_AUTHENTICATION_FAILED',
    72: 'LISTENER_NOT_FOUND',
    76: 'UNSUPPORTED_COMPRESSION_TYPE',
  },
};

/** Codes after which the leader has to be looked up again. */
const STALE_METADATA: ReadonlySet<number> = new Set([-1, 3, 5, 6, 8, 9, 13, 56, 74, 75]);

/** Every code that a response to one of our requests is known to carry, by code. */
export const errorCodes: ReadonlyMap<number, ErrorCode> = table();

/**
 * The entry of a code. A code that is not in the table means `reopen`: nothing is assumed about it.
 */
export function errorCode(code: number): ErrorCode {
  return (
    errorCodes.get(code) ?? {
      code,
      name: `UNKNOWN_CODE_${code}`,
      action: 'reopen',
      isStaleMetadata: false,
    }
  );
}

function table(): ReadonlyMap<number, ErrorCode> {
  const entries: ErrorCode[] = [];
  for (const [action, names] of Object.entries(NAMES)) {
    for (const [text, name] of Object.entries(names)) {
      const code = Number(text);
      // The keys of NAMES are actions; Object.entries widens them to string.
      const entry = { code, name, action: action as ErrorAction };
      entries.push({ ...entry, isStaleMetadata: STALE_METADATA.has(code) });
    }
  }
  return new Map(entries.map((entry) => [entry.code, entry]));
}
