import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

async function listenAnywhere() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** `count` different loopback ports that nobody listens on. Somebody may take one at any time after. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  // A TCP server's address is an AddressInfo; only pipes answer with a string.
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
