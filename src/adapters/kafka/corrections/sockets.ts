import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import type { KafkajsModules } from './module-cache.ts';

const KEEP_ALIVE_MS = 60_000;

/**
 * Fault: sockets keep Nagle's algorithm on, so a request that follows another one waits for the
 * acknowledgement of the first, up to 40 ms.
 * Evidence: network/socketFactory.js. This is the same with TCP_NODELAY.
 * Remove when: kafkajs sets it, too.
 */
export function correctSockets(modules: KafkajsModules): void {
  modules.replace('network/socketFactory', () => connectSocket);
}

/** A plain or TLS connection without delay; the certificate is checked against the host's name. */
export const connectSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  // kafkajs hands on what it was given: TLS options, `true` for the defaults, or nothing.
  const tls = ssl as typeof ssl | boolean | null | undefined;
  const socket =
    tls === undefined || tls === null || tls === false
      ? connect({ host, port }, onConnect)
      : connectTls(
          {
            host,
            port,
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ...(tls === true ? {} : tls),
          },
          onConnect,
        );
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.setNoDelay(true);
  return socket;
};
