import { createHash } from 'node:crypto';
import type { Agent } from 'undici';
import {
  AddressPolicy,
  checkLiteralAddress,
  checkProxiedHost,
  loadAgents,
  loadS3Protocol,
  policedLookup,
  portOf,
  type ProxyChoice,
  type S3Call,
  type S3Place,
} from '../../src/plugin/index.ts';
import { readListPage } from './list-page.ts';
import type { S3Object } from './object.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** For the head of an answer, and between two parts of its body. A copy within S3 may take minutes. */
const SILENCE_TIMEOUT_MS = 120_000;
const CONNECTIONS_MAX = 16;
/** An object is the first in the list of its own key; a version may be a few further. */
const SAME_KEY_PAGE = 10;

const UNSIGNED =
  '; the request was not signed: give the trigger accessKeyId and secretAccessKey, or the server ' +
  'plugin.s3.accessKeyId and plugin.s3.secretAccessKey, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ' +
  'which go to no endpoint but the server’s own';

/** The server answered, and not with success. */
export class S3Refused extends Error {
  override readonly name = 'S3Refused';
  readonly status: number;
  /** S3's, such as `AccessDenied`. */
  readonly code: string;

  constructor(message: string, status: number, code: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface BucketOptions {
  readonly place: S3Place;
  /** `plugin.s3.allow` for the address that a flow names; undefined: any address will do. */
  readonly allow: readonly string[] | undefined;
  /** Ms since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly proxyFor?: ProxyChoice | undefined;
}

type Protocol = Awaited<ReturnType<typeof loadS3Protocol>>;

/** One bucket for the time of one look, with connections of its own. Close it. */
export class Bucket {
  readonly #options: BucketOptions;
  readonly #protocol: Protocol;
  /** Undefined: any address will do. */
  readonly #policy: AddressPolicy | undefined;
  readonly #agent: Agent;

  private constructor(
    options: BucketOptions,
    protocol: Protocol,
    policy: AddressPolicy | undefined,
    agent: Agent,
  ) {
    this.#options = options;
    this.#protocol = protocol;
    this.#policy = policy;
    this.#agent = agent;
  }

  /** @throws Error that says what is wrong with the place; AddressRefused (S6). */
  static async open(options: BucketOptions): Promise<Bucket> {
    const protocol = await loadS3Protocol();
    const problem = protocol.s3PlaceProblem(options.place);
    if (problem !== undefined) throw new Error(problem);
    const policy = policyOf(options);
    return new Bucket(options, protocol, policy, await agentFor(options, policy));
  }

  get name(): string {
    return this.#options.place.bucket;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /**
   * Page by page, in the order of keys; of one key the newest version first.
   *
   * @param pageSize default: as many as the server gives, 1,000.
   */
  async *list(
    prefix: string,
    versions: boolean,
    pageSize?: number,
  ): AsyncGenerator<readonly S3Object[]> {
    const kind = versions ? { versions: '' } : { 'list-type': '2' };
    let next: Readonly<Record<string, string>> | undefined = {};
    while (next !== undefined) {
      const size = pageSize === undefined ? {} : { 'max-keys': String(pageSize) };
      const query = { ...kind, ...size, 'encoding-type': 'url', prefix, ...next };
      const xml = await this.#ask(`list ${this.name}`, { method: 'GET', query });
      const page = readListPage(xml, this.name);
      yield page.objects;
      next = page.next;
    }
  }

  /**
   * Whether the object is still there as it was listed. Listing needs no further right, and unlike a condition
   * of a request it sees a file that was put again with the same content.
   */
  async isPresent(object: S3Object): Promise<boolean> {
    const { key, etag, lastModifiedMs, versionId } = object;
    for await (const page of this.list(key, versionId !== undefined, SAME_KEY_PAGE)) {
      for (const found of page) {
        if (found.key !== key) return false;
        if (found.versionId !== versionId) continue;
        return found.etag === etag && found.lastModifiedMs === lastModifiedMs;
      }
    }
    return false;
  }

  /** Copies, with metadata and tags. The copy is of this content, or of this version, or there is none. */
  async copy(
    object: S3Object,
    to: { readonly bucket: string; readonly key: string },
  ): Promise<void> {
    const { bucket, key, etag, versionId } = object;
    const { encodePath } = this.#protocol;
    const version = versionId === undefined ? '' : `?versionId=${encodeURIComponent(versionId)}`;
    const headers = {
      'x-amz-copy-source': `/${bucket}/${encodePath(key)}${version}`,
      'x-amz-copy-source-if-match': `"${etag}"`,
    };
    const what = `copy ${bucket}/${key} to ${to.bucket}/${to.key}`;
    const answer = await this.#ask(what, { method: 'PUT', key: to.key, headers }, to.bucket);
    // A copy that fails on its way has already been answered with 200.
    if (!/<CopyObjectResult/.test(answer)) throw this.#refused(what, 200, answer);
  }

  /** Deletes this version, or this content; a newer object at the key stays (412). */
  async delete({ key, etag, versionId }: S3Object): Promise<void> {
    await this.#ask(`delete ${this.name}/${key}`, {
      method: 'DELETE',
      key,
      ...(versionId === undefined
        ? { headers: { 'if-match': `"${etag}"` } }
        : { query: { versionId } }),
    });
  }

  /** The text of the object's tags as S3 has it. */
  async tags({ key, versionId }: S3Object): Promise<string> {
    const query = { tagging: '', ...(versionId === undefined ? {} : { versionId }) };
    return this.#ask(`read the tags of ${this.name}/${key}`, { method: 'GET', key, query });
  }

  async setTags({ key, versionId }: S3Object, xml: string): Promise<void> {
    const query = { tagging: '', ...(versionId === undefined ? {} : { versionId }) };
    const headers = {
      'content-type': 'application/xml',
      // This request is refused without a checksum; MD5 is the one that every server knows.
      'content-md5': createHash('md5').update(xml).digest('base64'),
    };
    await this.#ask(`tag ${this.name}/${key}`, { method: 'PUT', key, query, headers, body: xml });
  }

  /** The text of the answer. @throws S3Refused, or an Error that says why there is no answer. */
  async #ask(what: string, call: S3Call, bucket = this.name): Promise<string> {
    const { place, now, signal } = this.#options;
    const request = this.#protocol.s3Request({ ...place, bucket }, call, now());
    try {
      await this.#checkProxied(new URL(request.origin));
      const { statusCode, headers, body } = await this.#agent.request({ ...request, signal });
      const text = await body.text();
      if (statusCode >= 200 && statusCode < 300) return text;
      const region = headers['x-amz-bucket-region'];
      throw this.#refused(
        what,
        statusCode,
        text,
        region === undefined ? undefined : String(region),
      );
    } catch (error) {
      if (error instanceof S3Refused || signal.aborted) throw error;
      throw new Error(`S3 at ${request.origin} does not answer: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Without a proxy the look-up of the connection does it. */
  async #checkProxied(url: URL): Promise<void> {
    if (this.#policy === undefined || this.#options.proxyFor?.(url) === undefined) return;
    await checkProxiedHost(url, this.#policy);
  }

  #refused(what: string, status: number, text: string, region?: string): S3Refused {
    const refusal = this.#protocol.s3Refusal(status, text);
    const hint =
      region === undefined || region === this.#options.place.region
        ? ''
        : ` (the bucket is in the region ${region})`;
    const said = this.#protocol.describeS3Refusal(refusal);
    const unsigned =
      this.#options.place.credentials === undefined && status === 403 ? UNSIGNED : '';
    return new S3Refused(`S3 refuses to ${what}: ${said}${hint}${unsigned}`, status, refusal.code);
  }
}

/**
 * Endpoints are written by the authors of flows, who may not reach what the server reaches: the policy of
 * addresses is that of `http.request`. Amazon's own addresses are ours, and private where they are those of
 * an interface endpoint; `plugin.s3.endpoint` is the operator's word.
 */
function policyOf({ place, allow }: BucketOptions): AddressPolicy | undefined {
  if (place.endpoint === undefined || allow === undefined) return undefined;
  return new AddressPolicy(allow, 'plugin.s3.allow');
}

async function agentFor(options: BucketOptions, policy: AddressPolicy | undefined): Promise<Agent> {
  const { place, proxyFor } = options;
  const { agentThrough } = await loadAgents();
  const common = {
    silenceTimeoutMs: SILENCE_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    connectionsMax: CONNECTIONS_MAX,
    proxyFor,
  };
  if (place.endpoint === undefined || policy === undefined) return agentThrough(common);
  const url = new URL(place.endpoint);
  checkLiteralAddress(url, policy);
  return agentThrough({ ...common, direct: { lookup: policedLookup(policy, portOf(url)) } });
}

/** Broken connections often say why one level deeper. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? `${cause.code} ` : '';
  return cause.message === '' ? code : `${code}${cause.message}`;
}
