import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { ByteReader } from '../../../src/adapters/kafka/wire/byte-reader.ts';
import { RequestBody } from '../../../src/adapters/kafka/wire/request.ts';

export interface FakeRequest {
  readonly apiKey: number;
  readonly body: ByteReader;
  /** Which connection it came by, from 0. */
  readonly connection: number;
}

/**
 * What becomes of a request: an answer, half of an answer and then the end of the connection, the
 * end at once, or nothing at all, ever.
 */
export type FakeAnswer = RequestBody | { readonly half: RequestBody } | 'hang up' | 'silence';

export const API = { PRODUCE: 0, FETCH: 1, METADATA: 3, FIND_COORDINATOR: 10, API_VERSIONS: 18 };

/**
 * A broker without a log: it speaks the framing and ApiVersions, and answers the rest as the test
 * says.
 */
export class FakeBroker {
  readonly nodeId: number;
  connections = 0;
  readonly requests: FakeRequest[] = [];
  answer: (request: FakeRequest) => FakeAnswer;
  versionMax = 20;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(nodeId: number, answer: (request: FakeRequest) => FakeAnswer) {
    this.nodeId = nodeId;
    this.answer = answer;
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  static async start(nodeId: number, answer: (request: FakeRequest) => FakeAnswer) {
    const broker = new FakeBroker(nodeId, answer);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    onTestFinished(() => broker.stop());
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  count(apiKey: number): number {
    return this.requests.filter((request) => request.apiKey === apiKey).length;
  }

  /** Resets all connections, as a broker does that is killed. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.hangUp();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    const connection = this.connections++;
    let pending = Buffer.alloc(0);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        this.#request(socket, connection, new ByteReader(pending, 4, end));
        pending = pending.subarray(end);
      }
    });
  }

  #request(socket: Socket, connection: number, body: ByteReader): void {
    const apiKey = body.int16();
    body.int16();
    const correlationId = body.int32();
    body.string();
    const request = { apiKey, body, connection };
    this.requests.push(request);
    const answer = apiKey === API.API_VERSIONS ? this.#versions() : this.answer(request);
    if (answer === 'silence') return;
    if (answer === 'hang up') {
      socket.destroy();
      return;
    }
    const isHalf = 'half' in answer;
    const content = Buffer.concat((isHalf ? answer.half : answer).pieces());
    const frame = new RequestBody().int32(content.length + 4).int32(correlationId);
    const bytes = Buffer.concat([...frame.pieces(), content]);
    if (isHalf) socket.end(bytes.subarray(0, bytes.length / 2));
    else socket.write(bytes);
  }

  #versions(): RequestBody {
    const body = new RequestBody().int16(0);
    const keys = Array.from({ length: 61 }, (_, apiKey) => apiKey);
    body.array(keys, (apiKey) => body.int16(apiKey).int16(0).int16(this.versionMax));
    return body.int32(0);
  }
}

/**
 * A Metadata v6 answer. `leaders` are the leaders of the topic's partitions; -1: none, with code 5.
 */
export function metadataAnswer(
  brokers: readonly FakeBroker[],
  topics: Readonly<Record<string, readonly number[] | 'unknown'>> = {},
): RequestBody {
  const body = new RequestBody().int32(0);
  body.array(brokers, ({ nodeId, port }) =>
    body.int32(nodeId).string('127.0.0.1').int32(port).string(null),
  );
  body.string('cluster').int32(brokers[0]?.nodeId ?? -1);
  body.array(Object.entries(topics), ([topic, leaders]) => {
    const isUnknown = leaders === 'unknown';
    body
      .int16(isUnknown ? 3 : 0)
      .string(topic)
      .int8(0);
    body.array(isUnknown ? [] : [...leaders.entries()], ([partition, leader]) =>
      body
        .int16(leader < 0 ? 5 : 0)
        .int32(partition)
        .int32(leader)
        .int32(0)
        .int32(0)
        .int32(0),
    );
  });
  return body;
}

/** A Produce v7 answer for one partition. */
export function produceAnswer(partition: number, code: number, baseOffset: number): RequestBody {
  const body = new RequestBody().int32(1).string('t').int32(1).int32(partition).int16(code);
  return body.int64(baseOffset).int64(-1).int64(0).int32(0);
}
