import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  parseDuration,
  type TriggerRequest,
  type Verification,
} from '../../src/plugin/index.ts';

interface Scheme {
  readonly header: string;
  readonly algorithm: string;
  readonly encoding: 'hex' | 'base64';
  readonly prefix: string;
  readonly timestampHeader?: string;
  readonly toleranceMs: number;
}

/** Where a preset's provider puts the id of a delivery, which a redelivery repeats. */
const deliveryHeaders: Readonly<Record<string, string>> = { github: 'x-github-delivery' };

export function deliveryHeader(verify: Json | undefined): string | undefined {
  const preset = isJsonObject(verify) ? verify['preset'] : undefined;
  return typeof preset === 'string' ? deliveryHeaders[preset] : undefined;
}

/**
 * Checks the signature over the raw bytes of the body, in constant time. Fails closed: a `verify` without a
 * usable secret lets nothing in (S4). Without `verify` everything is let in, as the schema says.
 */
export function verifySignature(request: TriggerRequest, verify: Json | undefined): Verification {
  if (verify === undefined) return { ok: true };
  if (!isJsonObject(verify)) return { ok: false, reason: 'verify is not an object' };
  const scheme = schemeOf(verify);
  const secrets = secretsOf(verify['secret']);
  if (secrets.length === 0) return { ok: false, reason: 'verify.secret is empty' };

  const given = request.headers[scheme.header];
  if (given === undefined || given === '')
    return { ok: false, reason: `no header ${scheme.header}` };
  if (!given.startsWith(scheme.prefix)) {
    return { ok: false, reason: `header ${scheme.header} does not begin with ${scheme.prefix}` };
  }
  const time = checkTimestamp(request, scheme);
  if (!time.ok) return time;

  const signature = Buffer.from(given.slice(scheme.prefix.length), scheme.encoding);
  let matches = false;
  // Every secret is tried, so that the time does not tell which of them is in use.
  for (const secret of secrets) {
    const hmac = createHmac(scheme.algorithm, secret);
    if (time.text !== undefined) hmac.update(`${time.text}.`);
    const expected = hmac.update(request.rawBody).digest();
    if (signature.length === expected.length && timingSafeEqual(signature, expected))
      matches = true;
  }
  return matches ? { ok: true } : { ok: false, reason: 'the signature does not match' };
}

function schemeOf(verify: JsonObject): Scheme {
  if (verify['preset'] === 'github') {
    return {
      header: 'x-hub-signature-256',
      algorithm: 'sha256',
      encoding: 'hex',
      prefix: 'sha256=',
      toleranceMs: 0,
    };
  }
  const timestampHeader = textOr(verify['timestampHeader'], '').toLowerCase();
  return {
    header: textOr(verify['header'], 'x-signature').toLowerCase(),
    algorithm: textOr(verify['algorithm'], 'sha256'),
    encoding: verify['encoding'] === 'base64' ? 'base64' : 'hex',
    prefix: textOr(verify['prefix'], ''),
    ...(timestampHeader === '' ? {} : { timestampHeader }),
    toleranceMs: parseDuration(textOr(verify['tolerance'], '5m')) ?? 0,
  };
}

function textOr(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function secretsOf(value: Json | undefined): readonly string[] {
  const list = isJsonArray(value) ? value : [value];
  return list.filter((secret): secret is string => typeof secret === 'string' && secret !== '');
}

function checkTimestamp(
  request: TriggerRequest,
  scheme: Scheme,
): { readonly ok: true; readonly text?: string } | { readonly ok: false; readonly reason: string } {
  if (scheme.timestampHeader === undefined) return { ok: true };
  const text = request.headers[scheme.timestampHeader];
  if (text === undefined || !/^\d{1,12}$/.test(text)) {
    return { ok: false, reason: `no time in seconds in header ${scheme.timestampHeader}` };
  }
  const ageMs = Math.abs(request.receivedAtMs - Number(text) * 1_000);
  if (ageMs > scheme.toleranceMs) {
    return {
      ok: false,
      reason: `the time in ${scheme.timestampHeader} is ${Math.round(ageMs / 1_000)} s off`,
    };
  }
  return { ok: true, text };
}
