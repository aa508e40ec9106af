import { describe, expect, it } from 'vitest';
import {
  describeS3Refusal,
  s3PlaceProblem,
  s3Refusal,
  s3Request,
  type S3Call,
  type S3Place,
} from '../../../src/support/s3-request.ts';

/** Of the examples in Amazon's "Signature Calculations for the Authorization Header". */
const EXAMPLE: S3Place = {
  endpoint: 'https://s3.amazonaws.com',
  region: 'us-east-1',
  bucket: 'examplebucket',
  forcePathStyle: false,
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
};
const EXAMPLE_MS = Date.UTC(2013, 4, 24);

const addressOf = (place: Partial<S3Place>, key = 'k') => {
  const { origin, path } = s3Request({ ...EXAMPLE, ...place }, { method: 'GET', key }, EXAMPLE_MS);
  return origin + path;
};

describe('a request of S3', () => {
  it.each<[Readonly<Record<string, string>>, string]>([
    [{ lifecycle: '' }, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    [
      { prefix: 'J', 'max-keys': '2' },
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('is signed as in the example of Amazon: %j', (query, signature) => {
    const { headers } = s3Request(EXAMPLE, { method: 'GET', query }, EXAMPLE_MS);
    expect(headers).toEqual({
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    });
  });

  it('carries the token of temporary keys, and signs it', () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' };
    const { headers } = s3Request({ ...EXAMPLE, credentials }, { method: 'GET' }, EXAMPLE_MS);
    expect(headers['x-amz-security-token']).toBe('t');
    expect(headers['authorization']).toContain(';x-amz-security-token,');
  });

  it('is not signed without a key', () => {
    const anonymous = { ...EXAMPLE, credentials: undefined };
    const { headers } = s3Request(anonymous, { method: 'GET', key: 'k' }, EXAMPLE_MS);
    expect(headers['authorization']).toBeUndefined();
  });

  it('has the hash of its body: of text made here, of bytes as given', () => {
    const put: S3Call = { method: 'PUT', key: 'k', body: 'hello' };
    const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const { headers } = s3Request(EXAMPLE, put, EXAMPLE_MS);
    expect(headers).toMatchObject({
      'x-amz-content-sha256': sha256,
      'content-type': 'application/octet-stream',
    });
    const bytes = { ...put, body: new TextEncoder().encode('hello'), bodySha256: sha256 };
    expect(s3Request(EXAMPLE, bytes, EXAMPLE_MS).headers).toMatchObject({
      'x-amz-content-sha256': sha256,
    });
  });

  it('keeps every character of a key, and stays in its bucket (S7)', () => {
    const key = 'a/../../other/./x//%2e%2e/é+ ?#&=*\'()!~"';
    expect(addressOf({ forcePathStyle: true }, key)).toBe(
      'https://s3.amazonaws.com/examplebucket/a/../../other/./x//%252e%252e/' +
        '%C3%A9%2B%20%3F%23%26%3D%2A%27%28%29%21~%22',
    );
  });
});

describe('the address of a bucket', () => {
  it.each<[Partial<S3Place>, string]>([
    [{ endpoint: undefined }, 'https://examplebucket.s3.us-east-1.amazonaws.com/k'],
    [
      { endpoint: undefined, region: 'cn-north-1' },
      'https://examplebucket.s3.cn-north-1.amazonaws.com.cn/k',
    ],
    [{ endpoint: undefined, bucket: 'a.b' }, 'https://s3.us-east-1.amazonaws.com/a.b/k'],
    [{ endpoint: 'http://minio:9000', forcePathStyle: true }, 'http://minio:9000/examplebucket/k'],
    [{ endpoint: 'http://minio:9000' }, 'http://examplebucket.minio:9000/k'],
    [{ endpoint: 'https://h/s3/', forcePathStyle: true }, 'https://h/s3/examplebucket/k'],
  ])('%j is %s', (place, address) => {
    expect(addressOf(place)).toBe(address);
  });

  it.each<[Partial<S3Place>, string]>([
    [{ bucket: '' }, 'no name of a bucket'],
    [{ bucket: 'evil.example/x' }, 'no name of a bucket'],
    [{ bucket: 'a@evil.example' }, 'no name of a bucket'],
    [{ bucket: 'abc\n' }, 'no name of a bucket'],
    [{ region: 'x.evil.example/' }, 'no region'],
    [{ endpoint: 'file:///etc' }, 'no address'],
    [{ endpoint: 'minio' }, 'no address'],
    [{ endpoint: 'http://h/?x' }, 'no address'],
  ])('%j is none', (place, problem) => {
    const wrong = { ...EXAMPLE, ...place };
    expect(s3PlaceProblem(wrong)).toContain(problem);
    expect(() => s3Request(wrong, { method: 'GET' }, EXAMPLE_MS)).toThrow(RangeError);
  });
});

describe('a refusal', () => {
  it.each([
    [
      403,
      '<Error><Code>AccessDenied</Code><Message>No.</Message></Error>',
      '403 AccessDenied: No.',
    ],
    [502, '<html>Bad Gateway</html>', '502'],
    [404, '', '404'],
  ])('%i %s is %s', (status, body, text) => {
    expect(describeS3Refusal(s3Refusal(status, body))).toBe(text);
  });
});
