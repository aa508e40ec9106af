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
        setTimeout(() => response.end('{"charged":true}'), delayMs);
      });
    });
  }

  /** @param delayMs how long each answer takes. */
  static async start(delayMs = 0): Promise<CallCounter> {
    const counter = new CallCounter(delayMs);
    await new Promise<void>((resolve) => counter.#server.listen(0, '127.0.0.1', resolve));
    return counter;
  }

  get total(): number {
    return [...this.calls.values()].reduce((sum, calls) => sum + calls, 0);
  }

  get url(): string {
    // A TCP server's address is an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/charge`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
