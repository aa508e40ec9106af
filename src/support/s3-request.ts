/**
 * The S3 protocol as far as it is pure: which request asks for what, signed, and what a refusal says. Who
 * sends it (the blob store's adapter, plugins) brings its own connections.
 *
 * Paths are text from here to the socket, never a `URL`: a URL would resolve the dots of a key such as
 * `a/../../other`, which then named something else, even in another bucket (S7).
 *
 * Sources: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)" and "Error Responses".
 */
import aws4 from 'aws4';

/** A bucket, and how it is reached. */
export interface S3Place {
  /** Address of the server, such as `http://minio:9000`; undefined: Amazon's for the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: string;
  /** Whether the bucket stands in the path instead of the host name. */
  readonly forcePathStyle: boolean;
  /** Undefined: requests are not signed, which public buckets answer. */
  readonly credentials: S3Credentials | undefined;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What is asked of the bucket, or of one of its objects. */
export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Undefined: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** SHA-256 of a body of bytes, hexadecimal; text is hashed here. */
  readonly bodySha256?: string;
}

/** Ready to be sent, byte for byte: what is signed must not change. */
export interface S3Request {
  readonly origin: string;
  readonly path: string;
  readonly method: S3Call['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Names of hosts are made of these two, so they are held to what such a name may have. */
const REGION = /^[a-z0-9-]+$/;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

/** What is wrong with a place, for people; undefined when nothing is. */
export function s3PlaceProblem({ endpoint, region, bucket }: S3Place): string | undefined {
  if (!BUCKET.test(bucket)) return `"${bucket}" is no name of a bucket`;
  if (!REGION.test(region)) return `"${region}" is no region`;
  if (endpoint === undefined) return undefined;
  const url = URL.parse(endpoint);
  const isServer = url !== null && /^https?:$/.test(url.protocol) && url.search === '';
  return isServer ? undefined : `"${endpoint}" is no address such as https://host:9000`;
}

/**
 * The signed request.
 *
 * @param nowMs the present, ms since 1970: a server refuses what is signed a quarter of an hour away.
 * @throws RangeError for a place with a {@link s3PlaceProblem}.
 */
export function s3Request(place: S3Place, call: S3Call, nowMs: number): S3Request {
  const problem = s3PlaceProblem(place);
  if (problem !== undefined) throw new RangeError(problem);
  const { origin, host, path: base } = addressOf(place);
  const path = `${base}/${encodePath(call.key ?? '')}${queryOf(call.query ?? {})}`;
  const { method, body = null } = call;
  const unsigned = {
    // Left out, the signer would call text a form, which some servers then take apart.
    ...(body === null ? {} : { 'content-type': 'application/octet-stream' }),
    ...call.headers,
    host,
    'x-amz-date': new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, ''),
    ...(call.bodySha256 === undefined && body === null
      ? { 'x-amz-content-sha256': EMPTY_SHA256 }
      : {}),
    ...(call.bodySha256 === undefined ? {} : { 'x-amz-content-sha256': call.bodySha256 }),
  };
  const { credentials, region } = place;
  if (credentials === undefined) return { origin, path, method, headers: unsigned, body };
  const signed = aws4.sign(
    {
      ...{ service: 's3', region, method, host, path, headers: unsigned },
      ...(typeof body === 'string' ? { body } : {}),
    },
    { ...credentials },
  );
  const headers = Object.entries<unknown>(signed.headers ?? {}).map(
    ([name, value]): [string, string] => [name.toLowerCase(), String(value)],
  );
  return { origin, path, method, headers: Object.fromEntries(headers), body };
}

/**
 * Amazon's certificates cover one label before `s3`, so a bucket with dots goes into the path.
 */
function addressOf(place: S3Place): { origin: string; host: string; path: string } {
  const { endpoint, region, bucket } = place;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(endpoint ?? `https://s3.${region}.${domain}`);
  const base = url.pathname.replace(/\/+$/, '');
  const inPath = place.forcePathStyle || (url.protocol === 'https:' && bucket.includes('.'));
  if (inPath) return { origin: url.origin, host: url.host, path: `${base}/${bucket}` };
  const host = `${bucket}.${url.host}`;
  return { origin: `${url.protocol}//${host}`, host, path: base };
}

/** Everything but the unreserved characters of RFC 3986 and slashes. */
export function encodePath(key: string): string {
  return key.split('/').map(encodePart).join('/');
}

function encodePart(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function queryOf(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${encodePart(name)}=${encodePart(value)}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** What a server says when it does not do what was asked. */
export interface S3Refusal {
  readonly status: number;
  /** S3's, such as `NoSuchBucket`; empty when the answer is not S3's. */
  readonly code: string;
  readonly message: string;
}

/**
 * Reads the body of an answer that is no success. A search, not a parser: a proxy on the way may answer
 * anything, and a HEAD answers nothing.
 */
export function s3Refusal(status: number, body: string): S3Refusal {
  const part = (name: string): string =>
    new RegExp(`<${name}>([^<]{1,500})</${name}>`).exec(body)?.[1] ?? '';
  return { status, code: part('Code'), message: part('Message') };
}

/** For people: `403 AccessDenied: Access Denied.` */
export function describeS3Refusal({ status, code, message }: S3Refusal): string {
  const name = code === '' ? String(status) : `${status} ${code}`;
  return message === '' ? name : `${name}: ${message}`;
}
