import type { KafkaConfig, LogEntry } from 'kafkajs';
import { FatalError, RetryableError } from '../../model/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import { connectSocket } from './corrections/sockets.ts';
import { internals } from './corrections.ts';
import { asPortError, isProtocolError } from './kafka-errors.ts';
import type { ApiVersions, Broker, ConnectionOptions, PoolRequest } from './kafkajs-internals.ts';
import { ByteReader } from './wire/byte-reader.ts';
import { ILLEGAL_SASL_STATE } from './wire/error-codes.ts';
import { frameRequest, type ApiRequest } from './wire/request.ts';

/** How to reach the brokers: the `kafka` part of the configuration, and who asks. */
export interface KafkaConnectionOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** TLS: true, or options of node:tls. Default: none. */
  readonly ssl?: KafkaConfig['ssl'];
  /** Default: no authentication. */
  readonly sasl?: KafkaConfig['sasl'];
  /** Seen in the brokers' logs and quotas. */
  readonly clientId: string;
  /**
   * Without an answer for this long a broker is taken for dead, ms. Default 10,000; Produce and
   * Fetch have theirs.
   */
  readonly requestTimeoutMs?: number;
  readonly logger?: Logger;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Named as kafkajs has them; milliseconds. */
const TIMEOUTS = {
  connectionTimeout: 1_000,
  authenticationTimeout: 3_000,
  reauthenticationThreshold: 10_000,
} as const;
const REQUEST_TIMEOUT_MS = 10_000;
/** kafkajs's number for WARN: above it are a line or more for each request. */
const LOG_LEVEL_WARN = 2;

/** The newest versions of our own requests; kafkajs negotiates for its own. */
const VERSIONS_NEEDED: readonly (readonly [apiKey: number, version: number, name: string])[] = [
  [0, 7, 'Produce'],
  [1, 11, 'Fetch'],
  [2, 3, 'ListOffsets'],
  [3, 6, 'Metadata'],
];

/**
 * The connections to one broker. They are opened by the first request, once for all that wait, and
 * opened again by the first request after they broke. A request that times out gives both up: a
 * broker that is silent for that long must not make the next one wait as long.
 */
export class BrokerLink {
  readonly address: HostAndPort;
  readonly #broker: Broker;
  #connecting: Promise<Broker> | undefined;
  #isClosed = false;

  constructor(address: HostAndPort, nodeId: number | null, options: KafkaConnectionOptions) {
    this.address = address;
    const connection = connectionOptions(address, options);
    this.#broker = new internals.Broker({
      connectionPool: new internals.ConnectionPool(connection),
      logger: connection.logger,
      nodeId,
      authenticationTimeout: TIMEOUTS.authenticationTimeout,
      allowAutoTopicCreation: false,
    });
  }

  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  get isConnected(): boolean {
    return this.#broker.isConnected();
  }

  /** Sends one of our own requests. Errors are of the classes that {@link asPortError} gives. */
  async send<Answer>(request: ApiRequest<Answer>): Promise<Answer> {
    return this.use((broker) => broker.connectionPool.send(poolRequest(request)));
  }

  /** The same with a request made for the versions that the broker speaks. */
  async sendFor<Answer>(make: (versions: ApiVersions) => ApiRequest<Answer>): Promise<Answer> {
    return this.use((broker) => {
      return broker.connectionPool.send(poolRequest(make(broker.versions ?? {})));
    });
  }

  /** Runs requests of kafkajs on the connected broker, with errors as above. */
  async use<Answer>(requests: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    try {
      return await requests(await this.#connected());
    } catch (error) {
      if (isConnectionSpoiled(error)) this.abandon();
      throw asPortError(error, this.name);
    }
  }

  /** Fails what is in flight at once; the next request connects again. */
  abandon(): void {
    const message = `${this.name}: the connection was given up`;
    this.#broker.connectionPool.abandon(new RetryableError('kafka-unreachable', message));
  }

  close(): void {
    this.#isClosed = true;
    this.abandon();
  }

  async #connected(): Promise<Broker> {
    if (this.#isClosed) throw new RetryableError('kafka-closed', `${this.name}: closed`);
    if (this.#broker.isConnected()) return this.#broker;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Broker> {
    await this.#broker.connect();
    if (this.#isClosed) this.abandon();
    checkVersions(this.name, this.#broker.versions ?? {});
    return this.#broker;
  }
}

/** No request after this one would fare better on the same connection. */
function isConnectionSpoiled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'KafkaJSRequestTimeoutError') return true;
  return isProtocolError(error) && error.code === ILLEGAL_SASL_STATE;
}

function checkVersions(name: string, versions: ApiVersions): void {
  for (const [apiKey, version, apiName] of VERSIONS_NEEDED) {
    const range = versions[apiKey];
    if (range !== undefined && range.minVersion <= version && version <= range.maxVersion) continue;
    throw new FatalError(
      'kafka-version',
      `${name} does not speak ${apiName} v${version}; Apache Kafka 2.3 or newer is needed`,
    );
  }
}

function poolRequest<Answer>(request: ApiRequest<Answer>): PoolRequest<Answer> {
  // kafkajs calls decode, keeps the throttle time, then calls parse with what decode gave.
  let answer: Answer;
  return {
    requestTimeout: request.timeoutMs,
    logResponseError: false,
    request: {
      apiKey: request.apiKey,
      apiVersion: request.apiVersion,
      apiName: request.apiName,
      frame: (correlationId, clientId) => frameRequest(request, correlationId, clientId),
    },
    response: {
      decode: async (payload) => {
        const decoded = request.decode(new ByteReader(payload));
        answer = decoded.answer;
        return Promise.resolve({ clientSideThrottleTime: decoded.throttleTimeMs });
      },
      parse: () => Promise.resolve(answer),
    },
  };
}

function connectionOptions(
  address: HostAndPort,
  options: KafkaConnectionOptions,
): ConnectionOptions {
  // For whoever looks into a failure; that brokers are away, and back, is said once by cluster.ts.
  const write = ({ log: { message, ...fields } }: LogEntry): void => {
    options.logger?.debug(fields, message);
  };
  return {
    ...address,
    ...TIMEOUTS,
    clientId: options.clientId,
    ssl: options.ssl ?? null,
    // A copy: kafkajs writes an authenticator with the password in it into what it is given, and whoever made another
    // user of the same object would log in as the first.
    sasl: options.sasl === undefined ? null : { ...options.sasl },
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    socketFactory: connectSocket,
    logger: internals.createLogger({ level: LOG_LEVEL_WARN, logCreator: () => write }),
  };
}
