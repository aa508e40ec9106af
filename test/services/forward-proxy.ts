/**
 * A forward proxy on loopback, for tests: it is asked for whole URLs, or for a tunnel. As real ones do, it resolves
 * names by itself: by what the test says, so names that nobody else knows lead to servers of the test.
 */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export class ForwardProxy {
  /** What it was asked for, in order: `GET http://host/path`, `CONNECT host:443`. */
  readonly asked: string[] = [];
  /** `proxy-authorization` of each. */
  readonly logins: (string | undefined)[] = [];
  /** Answers every request with this status instead of passing it on. */
  refusal: number | undefined;
  /** Takes requests and says nothing. */
  isSilent = false;
  readonly #ports = new Map<string, number>();
  readonly #server = createServer((incoming, response) => {
    this.#forward(incoming, response);
  });
  readonly #sockets = new Set<Duplex>();

  static async start(): Promise<ForwardProxy> {
    const proxy = new ForwardProxy();
    const server = proxy.#server;
    server.on('connect', (incoming: IncomingMessage, socket: Duplex) => {
      proxy.#tunnel(incoming, socket);
    });
    server.on('connection', (socket: Socket) => proxy.#keep(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** Its address, as `HTTP_PROXY` has it. */
  get url(): string {
    // A TCP server's address is an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param origin of a server on loopback, whatever name and port it is asked for under. */
  resolve(host: string, origin: string): void {
    this.#ports.set(host, Number(new URL(origin).port));
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #note({ method, url, headers }: IncomingMessage): void {
    this.asked.push(`${method} ${url}`);
    this.logins.push(headers['proxy-authorization']);
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    this.#note(incoming);
    const target = incoming.url ?? '';
    const { hostname } = new URL(target);
    const port = this.#ports.get(hostname);
    if (this.isSilent) return;
    if (this.refusal !== undefined || port === undefined) {
      response.writeHead(this.refusal ?? 502).end();
      return;
    }
    // The path as text: a URL would resolve its dots.
    const path = target.replace(/^http:\/\/[^/]*/, '');
    const { method, headers } = incoming;
    const passed = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    incoming.pipe(passed);
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex): void {
    this.#note(incoming);
    if (this.isSilent) return;
    const port = this.#ports.get((incoming.url ?? '').replace(/:\d+$/, ''));
    if (this.refusal !== undefined || port === undefined) {
      socket.end(`HTTP/1.1 ${this.refusal ?? 502} No\r\n\r\n`);
      return;
    }
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    this.#keep(target);
  }
}
