/**
 * The services of one test run. They live in Vitest's main process, which outlives the workers, and
 * start when a test first asks. Workers ask over a small loopback HTTP door, see ask.ts.
 */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSharedBroker, type Broker } from './broker.ts';
import { kafkaJars, javaProblem } from './kafka-jars.ts';
import { missingService, ServiceMissing } from './missing.ts';
import { prepareS3, startS3, type S3Server } from './s3-server.ts';

/** What the door answers: a value, or the error to throw in the worker. */
export type Answer =
  { readonly value: string } | { readonly error: string; readonly missing: boolean };

export class RunServices {
  #broker: Promise<Broker> | undefined;
  #s3: Promise<S3Server> | undefined;

  async kafkaBootstrap(): Promise<string> {
    this.#broker ??= startSharedBroker();
    return (await this.#broker).bootstrap;
  }

  async kafkaLibs(): Promise<string> {
    const problem = await javaProblem();
    if (problem !== undefined) throw missingService(`no Kafka client jars: ${problem}`);
    return kafkaJars();
  }

  /** Its address and its account, as JSON. */
  async s3(): Promise<string> {
    this.#s3 ??= startS3();
    return JSON.stringify((await this.#s3).account);
  }

  /** Builds what takes long to build, so that it is there when a test first asks. */
  prepare(): void {
    // Whoever asks for it gets the error.
    prepareS3().catch(() => undefined);
  }

  async stop(): Promise<void> {
    // What did not start has nothing to stop; whoever asked for it has the error.
    const broker = await this.#broker?.catch(() => undefined);
    const s3 = await this.#s3?.catch(() => undefined);
    await Promise.all([broker?.stop(), s3?.stop()]);
  }
}

async function answer(work: Promise<string>): Promise<Answer> {
  try {
    return { value: await work };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: message, missing: error instanceof ServiceMissing };
  }
}

async function serve(services: RunServices, path: string, response: ServerResponse): Promise<void> {
  if (path === '/kafka') respond(response, await answer(services.kafkaBootstrap()));
  else if (path === '/kafka-libs') respond(response, await answer(services.kafkaLibs()));
  else if (path === '/s3') respond(response, await answer(services.s3()));
  else response.writeHead(404).end();
}

function respond(response: ServerResponse, body: Answer): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}

/** Opens the door on a random loopback port; it never keeps the process alive. */
export async function openDoor(services: RunServices): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    void serve(services, request.url ?? '/', response);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  // A TCP server's address is an AddressInfo; only pipes answer with a string.
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}
