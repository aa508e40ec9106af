import { type Dispatcher, interceptors } from 'undici';
import { agentThrough, type ProxyChoice } from '../../support/proxied-agent.ts';
import { type S3Call, type S3Place, s3Request } from '../../support/s3-request.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** For the head of an answer, and between two parts of its body. */
const SILENCE_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 32;
/** After 500, 502, 503, 504 and broken connections; all that is asked may be asked twice. */
const RETRIES = 3;
const RETRY_PAUSE_MS = 200;

export interface S3Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface S3Reach {
  /** Ms since 1970. */
  readonly now: () => number;
  readonly proxyFor?: ProxyChoice | undefined;
}

/** Connections to one bucket, kept open between requests. */
export class S3Connection {
  readonly place: S3Place;
  readonly #now: () => number;
  readonly #agent: Dispatcher;

  constructor(place: S3Place, { now, proxyFor }: S3Reach) {
    this.place = place;
    this.#now = now;
    this.#agent = agentThrough({
      connectionsMax: CONNECTIONS_MAX,
      silenceTimeoutMs: SILENCE_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      proxyFor,
    }).compose(
      interceptors.retry({
        maxRetries: RETRIES,
        minTimeout: RETRY_PAUSE_MS,
        throwOnError: false,
      }),
    );
  }

  /** Whatever the server answers; throws only where it does not. */
  async send(call: S3Call): Promise<S3Answer> {
    const request = s3Request(this.place, call, this.#now());
    const { statusCode, body } = await this.#agent.request({ ...request });
    return { status: statusCode, body: new Uint8Array(await body.arrayBuffer()) };
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}
