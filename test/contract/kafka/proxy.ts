import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ByteReader } from '../../../src/adapters/kafka/wire/byte-reader.ts';

/** A broker's answer on its way to the client. */
export interface ProxiedAnswer {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** After the response header; may be changed in place. */
  readonly body: Buffer;
}

/**
 * `pass`: as it is now. `tear`: its first half, then the end of the connection. `hang up`: only
 * that. `withhold`: nothing at all, as from a broker that stands still.
 */
export type Verdict = 'pass' | 'tear' | 'hang up' | 'withhold';

const METADATA = 3;
/** Bytes of the frame before the body: size and correlation id. */
const ANSWER_HEADER_BYTES = 8;

/**
 * Stands between the clients and one broker, which advertises the proxy's port instead of its own,
 * so that clients come back to it after they have asked for metadata. It knows where an answer
 * begins and ends and what was asked, and lets the test decide about each: rewrite it, cut it in
 * half, withhold it. The broker has done by then what it was asked to do.
 */
export class BrokerProxy {
  /** The broker: `host:port`. */
  target = '';
  judge: (answer: ProxiedAnswer) => Verdict = () => 'pass';
  #advertised = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((client) => {
      this.#serve(client);
    });
  }

  /**
   * For a broker that advertises its own port: puts the proxy's into every Metadata answer. The host must be
   * the same.
   */
  advertiseItself(): void {
    this.#advertised = true;
  }

  static async start(): Promise<BrokerProxy> {
    const proxy = new BrokerProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get #port(): number {
    // A TCP server's address is an AddressInfo; only pipes answer with a string.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Harmless when called twice. */
  async stop(): Promise<void> {
    this.hangUp();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Ends all connections. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket): void {
    const [host = '', port] = this.target.split(':');
    const broker = connect({ host, port: Number(port) });
    const asked = new Map<number, { apiKey: number; apiVersion: number }>();
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    onFrame(client, (frame) => {
      const request = { apiKey: frame.readInt16BE(4), apiVersion: frame.readInt16BE(6) };
      asked.set(frame.readInt32BE(8), request);
      broker.write(frame);
    });
    onFrame(broker, (frame) => {
      const request = asked.get(frame.readInt32BE(4));
      asked.delete(frame.readInt32BE(4));
      const body = frame.subarray(ANSWER_HEADER_BYTES);
      if (this.#advertised && request?.apiKey === METADATA) writePort(body, this.#port);
      const verdict = request === undefined ? 'pass' : this.judge({ ...request, body });
      if (verdict === 'pass') client.write(frame);
      else if (verdict === 'tear') client.end(frame.subarray(0, frame.length / 2));
      else if (verdict === 'hang up') client.destroy();
    });
  }
}

/** `throttleTimeMs: int32 | [nodeId: int32 | host: STRING | port: int32 | rack: NULLABLE_STRING] | …` */
function writePort(metadata: Buffer, port: number): void {
  const reader = new ByteReader(metadata);
  reader.int32();
  reader.array(() => {
    reader.int32();
    reader.string();
    metadata.writeInt32BE(port, reader.position);
    reader.int32();
    reader.string();
  });
}

function onFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const end = 4 + pending.readInt32BE(0);
      take(pending.subarray(0, end));
      pending = pending.subarray(end);
    }
  });
}
