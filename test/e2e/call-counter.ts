import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  readonly path: string;
  readonly key: string;
  /** What it was answered with. */
  readonly status: number;
}

/**
 * The outside world of a test: counts calls by their idempotency key. Answers 200 with the key, unless
 * {@link CallCounter.script} says otherwise.
 */
export class CallCounter {
  readonly calls = new Map<string, number>();
  readonly #server: Server;
  readonly #scripts = new Map<string, { readonly statuses: readonly number[]; made: Call[] }>();

  private constructor(delayMs: number) {
    this.#server = createServer((request, response) => this.#answer(request, response, delayMs));
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

  /**
   * Answers calls of a path with these statuses one after the other, and then with the last.
   *
   * @returns its URL, and the calls as they come.
   */
  script(path: string, ...statuses: readonly number[]): { url: string; made: readonly Call[] } {
    const made: Call[] = [];
    this.#scripts.set(path, { statuses, made });
    return { url: `http://127.0.0.1:${this.port}${path}`, made };
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse, delayMs: number): void {
    const { 'idempotency-key': header } = request.headers;
    const key = typeof header === 'string' ? header : '';
    if (key !== '') this.calls.set(key, (this.calls.get(key) ?? 0) + 1);
    const status = this.#statusOf(request.url ?? '/', key);
    request.resume();
    request.on('end', () => {
      response.statusCode = status;
      response.setHeader('content-type', 'application/json');
      const body = JSON.stringify({ charged: status === 200, key });
      setTimeout(() => response.end(body), delayMs).unref();
    });
  }

  #statusOf(path: string, key: string): number {
    const script = this.#scripts.get(path);
    if (script === undefined) return 200;
    const status = script.statuses[script.made.length] ?? script.statuses.at(-1) ?? 200;
    script.made.push({ path, key, status });
    return status;
  }
}
