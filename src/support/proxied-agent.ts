/** Connections that go through a proxy where there is one for the address (undici's agents, put together). */
import { Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';

/** The proxy through which an address is reached, as a URL; undefined: it is reached directly. */
export type ProxyChoice = (url: URL) => string | undefined;

export interface AgentOptions {
  readonly connectTimeoutMs: number;
  /** For the head of an answer, and between two parts of its body. */
  readonly silenceTimeoutMs: number;
  /** How long an idle connection is kept. Default: undici's. */
  readonly keepAliveMs?: number;
  /** To one server at a time. Default: no limit. */
  readonly connectionsMax?: number;
  /** TLS with the server, be there a proxy between or not. */
  readonly tls?: buildConnector.BuildOptions;
  /**
   * Further options of direct connections, such as a look-up that refuses addresses. They say nothing about the
   * way to a proxy, which the operator has chosen.
   */
  readonly direct?: buildConnector.BuildOptions;
  readonly proxyFor: ProxyChoice | undefined;
}

/**
 * Close or destroy it. `http://` addresses are asked for by their whole URL, all others through a tunnel (CONNECT).
 *
 * It keeps something for each `http://` address that it reaches through a proxy: make one for a few addresses.
 */
export function agentThrough(options: AgentOptions): Agent {
  const { connectTimeoutMs, silenceTimeoutMs, tls, direct, proxyFor } = options;
  const common = {
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
    ...(options.keepAliveMs === undefined ? {} : { keepAliveTimeout: options.keepAliveMs }),
    ...(options.connectionsMax === undefined ? {} : { connections: options.connectionsMax }),
  };
  return new Agent({
    factory(origin): Dispatcher {
      const uri = proxyFor?.(new URL(origin));
      if (uri === undefined) {
        return new Pool(origin, {
          ...common,
          connect: { timeout: connectTimeoutMs, ...tls, ...direct },
        });
      }
      return new ProxyAgent({
        ...common,
        uri,
        connectTimeout: connectTimeoutMs,
        ...(tls === undefined ? {} : { requestTls: { timeout: connectTimeoutMs, ...tls } }),
        // Without it requests for whole URLs would have none of these limits.
        factory: (address, own) => new Pool(address, Object.assign({ ...common }, own)),
        // A tunnel is part of connecting, and a proxy that says nothing is no connection.
        clientFactory: (proxy, own) =>
          new Pool(proxy, { ...own, headersTimeout: connectTimeoutMs }),
      });
    },
  });
}
