import type {
  Broker,
  Connection,
  ConnectionClass,
  ConnectionOptions,
  ConnectionPoolClass,
  CorrectedConnectionPool,
  CorrectedConnectionPoolClass,
} from '../kafkajs-internals.ts';
import type { KafkajsModules } from './module-cache.ts';

/**
 * Fault: connecting is not single-flight. After a broken connection, N concurrent sends open N
 * sockets on one Connection object; each later `end` or `error` of one of them tears down the
 * survivor; the object also keeps the bytes received from the dead socket, so a response cut in
 * half poisons the next connection. In BrokerPool every caller whose connect failed disconnects the
 * broker, which ends the socket the next caller is just connecting.
 * Evidence: network/connection.js, cluster/brokerPool.js; seen as a MaxListenersExceededWarning
 * from that disconnect, 15,000 retries and 40 s to recover after `kill -9` of a broker.
 * Remove when: a Connection belongs to one socket and both connects are shared.
 *
 * Also: nothing listens to a socket's `close`, so a connect, or a request that was sent while the
 * connection was ending (its timeouts are off by then), may never settle; and a connection to a
 * broker that is silent is kept for ever, each request running into its timeout. Hence {@link
 * CorrectedConnectionPool.abandon}, as the Java client closes a connection at a request's timeout.
 */
export function correctConnections(modules: KafkajsModules): void {
  // The exports are the classes; their types are read from the source (kafkajs-internals.ts).
  const Pool = modules.load('network/connectionPool') as ConnectionPoolClass;
  const ConnectionOfKafkajs = modules.load('network/connection') as ConnectionClass;
  modules.replace('network/connectionPool', correctedPool(Pool, ConnectionOfKafkajs));
  const brokerPool = modules.load('cluster/brokerPool') as { prototype: BrokerPool };
  shareBrokerConnects(brokerPool.prototype);
}

interface BrokerPool {
  connectBroker: (this: BrokerPool, broker: Broker) => Promise<unknown>;
}

function shareBrokerConnects(prototype: BrokerPool): void {
  const connectBroker = prototype.connectBroker;
  const connecting = new WeakMap<Broker, Promise<unknown>>();
  prototype.connectBroker = function (broker) {
    if (broker.isConnected()) return Promise.resolve();
    let shared = connecting.get(broker);
    if (shared === undefined) {
      shared = connectBroker.call(this, broker).finally(() => connecting.delete(broker));
      connecting.set(broker, shared);
    }
    return shared;
  };
}

function correctedPool(
  Pool: ConnectionPoolClass,
  ConnectionOfKafkajs: ConnectionClass,
): CorrectedConnectionPoolClass {
  return class extends Pool implements CorrectedConnectionPool {
    readonly #options: ConnectionOptions;
    readonly #connecting = new Map<number, Promise<Connection>>();

    constructor(options: ConnectionOptions) {
      super(options);
      this.#options = options;
    }

    override getConnection(index = 0): Promise<Connection> {
      const current = this.pool[index];
      if (current?.isConnected() === true) return Promise.resolve(current);
      let shared = this.#connecting.get(index);
      if (shared === undefined) {
        shared = this.#connect(index).finally(() => this.#connecting.delete(index));
        this.#connecting.set(index, shared);
      }
      return shared;
    }

    abandon(error: Error): void {
      for (const [index, connection] of this.pool.entries()) {
        if (connection.socket === undefined) continue;
        this.pool[index] = this.#replacement(connection);
        connection.rejectRequests(error);
        connection.disconnect().catch(() => undefined);
        connection.socket.destroy();
      }
    }

    async #connect(index: number): Promise<Connection> {
      const connection = this.#unused(index);
      const connected = connection.connect();
      const { promise: closed, reject } = Promise.withResolvers<never>();
      connection.socket?.once('close', () => {
        const error = connectionError('the connection was closed', this.#options);
        connection.rejectRequests(error);
        reject(error);
      });
      // Of the two, whichever loses may still fail later, when nobody waits for it.
      connected.catch(() => undefined);
      closed.catch(() => undefined);
      await Promise.race([connected, closed]);
      return connection;
    }

    /** The connection of this index, or one in its place if that has had a socket. */
    #unused(index: number): Connection {
      const used = this.pool[index];
      if (used !== undefined && used.socket === undefined) return used;
      const fresh = this.#replacement(used);
      this.pool[index] = fresh;
      used?.socket?.destroy();
      return fresh;
    }

    #replacement(used: Connection | undefined): Connection {
      const fresh = new ConnectionOfKafkajs(this.#options);
      if (used === undefined) return fresh;
      fresh.setVersions(used.versions);
      fresh.setSupportAuthenticationProtocol(used.getSupportAuthenticationProtocol());
      return fresh;
    }
  };
}

function connectionError(problem: string, { host, port }: ConnectionOptions): Error {
  const error = new Error(`${host}:${port}: ${problem}`);
  // What kafkajs's own callers test to decide on a retry.
  return Object.assign(error, { name: 'KafkaJSConnectionError', retriable: true });
}
