import type { Socket } from 'node:net';
import type { ISocketFactory, KafkaConfig, logCreator } from 'kafkajs';

/**
 * What we use of kafkajs 2.2.4 below its public API. It has types for the public part only; these
 * are read from its source (kafkajs/src/…, the path stands at each), which `corrections.ts` pins to
 * that version.
 */

/** Loads a module of kafkajs by its path under kafkajs/src. */
export type LoadInternal = (path: string) => unknown;

/**
 * network/connection: one TCP connection. It says "connected" also while it waits to disconnect.
 */
export interface Connection {
  readonly socket?: Socket;
  readonly versions: ApiVersions | null;
  isConnected(): boolean;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  /** Fails every request in flight. */
  rejectRequests(error: Error): void;
  setVersions(versions: ApiVersions | null): void;
  getSupportAuthenticationProtocol(): boolean | null;
  setSupportAuthenticationProtocol(isSupported: boolean | null): void;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly logger: InternalLogger;
  readonly socketFactory: ISocketFactory;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly maxInFlightRequests: number | null;
  readonly reauthenticationThreshold: number;
  readonly ssl: KafkaConfig['ssl'] | null;
  readonly sasl: KafkaConfig['sasl'] | null;
}

export type ConnectionClass = new (options: ConnectionOptions) => Connection;

/**
 * network/connectionPool: two connections to one broker, the second one for Fetch requests only.
 */
export interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  readonly pool: Connection[];
  getConnection(index?: number): Promise<Connection>;
  send<Answer>(request: PoolRequest<Answer>): Promise<Answer>;
}

export type ConnectionPoolClass = new (options: ConnectionOptions) => ConnectionPool;

/** A connection pool after `corrections/connections.ts`. */
export interface CorrectedConnectionPool extends ConnectionPool {
  /**
   * Gives both connections up at once: their requests fail with `error`, the next one connects
   * afresh.
   */
  abandon(error: Error): void;
}

export type CorrectedConnectionPoolClass = new (
  options: ConnectionOptions,
) => CorrectedConnectionPool;

/**
 * What `ConnectionPool.send` takes; `frame` is known to it only after
 * `corrections/request-frame.ts`.
 */
export interface PoolRequest<Answer> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    frame(correlationId: number, clientId: string): Buffer;
  };
  readonly response: {
    decode(payload: Buffer): Promise<{ readonly clientSideThrottleTime: number }>;
    parse(decoded: { readonly clientSideThrottleTime: number }): Promise<Answer>;
  };
  readonly requestTimeout: number;
  readonly logResponseError: boolean;
}

/** Versions that a broker speaks, by API key. */
export type ApiVersions = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>
>;

/** broker/index: the requests to one broker. They throw {@link ProtocolError} at an error code. */
export interface Broker {
  readonly connectionPool: CorrectedConnectionPool;
  readonly versions: ApiVersions | null;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(request: {
    groupId: string;
    /** 0: of a consumer group, 1: of a transactional id. */
    coordinatorType: number;
  }): Promise<{ readonly coordinator: { readonly nodeId: number } }>;
  initProducerId(request: {
    transactionalId: string;
    transactionTimeout: number;
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
  createTopics(request: {
    topics: readonly {
      topic: string;
      numPartitions: number;
      replicationFactor: number;
      configEntries: readonly { name: string; value: string }[];
    }[];
    timeout: number;
  }): Promise<unknown>;
  describeConfigs(request: {
    resources: readonly { type: number; name: string; configNames: readonly string[] }[];
  }): Promise<{
    readonly resources: readonly {
      readonly configEntries: readonly { configName: string; configValue: string | null }[];
    }[];
  }>;
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    protocolType: string;
    groupProtocols: readonly { name: string; metadata: Buffer }[];
  }): Promise<JoinGroupAnswer>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
  }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  offsetCommit(request: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number; offset: string }[];
    }[];
  }): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: readonly { topic: string; partitions: readonly { partition: number }[] }[];
  }): Promise<{
    readonly responses: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
}

export interface JoinGroupAnswer {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  /** Only the leader is told. */
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

export type BrokerClass = new (options: {
  readonly connectionPool: ConnectionPool;
  readonly logger: InternalLogger;
  readonly nodeId: number | null;
  readonly authenticationTimeout: number;
  readonly allowAutoTopicCreation: boolean;
}) => Broker;

/** loggers/index */
export interface InternalLogger {
  namespace(name: string): InternalLogger;
}

export type CreateLogger = (options: {
  readonly level: number;
  readonly logCreator: logCreator;
}) => InternalLogger;

/** errors: an error code that a broker answered with. */
export interface ProtocolError extends Error {
  readonly name: 'KafkaJSProtocolError';
  readonly code: number;
  readonly type: string;
}
