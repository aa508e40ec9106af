import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The outside world of the main job: counts calls by their idempotency key. */
export class CallCounter {
  readonly calls = new Map<string, number>();
  readonly #server: Server;

  private constructor(delayMs: number) {
    this.#server = createServer((request, response) => {
      const key = request.headers['idempotency-key'];
      if (typeof key === 'string') this.calls.set(key, (this.calls.get(key) ?? 0) + 1);
      request.resume();
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        setTimeout(() => response.end('{"charged":true}'), delayMs).unref();
      });
    });
  }

  /**
   * @param delayMs how long each answer takes.
   * @param port the port of one that was stopped, to stand in its place.
   */
  static async start(delayMs = 0, port = 0): Promise<CallCounter> {
    const counter = new CallCounter(delayMs);
    await new Promise<void>((resolve) => counter.#server.listen(port, '127.0.0.1', resolve));
    return counter;
  }

  get port(): number {
    // A TCP server's address is an AddressInfo.
    return (this.#server.address() as AddressInfo).port;
  }

  get total(): number {
    return [...this.calls.values()].reduce((sum, calls) => sum + calls, 0);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/charge`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
