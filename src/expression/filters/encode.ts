import { sha256HexOfText } from '../../support/digest.ts';
import { type FilterDefinition, parameters } from '../definition.ts';
import type { Runtime } from '../run/runtime.ts';
import { expectText, expectTextual } from '../values/expect.ts';
import { isMap } from '../values/kinds.ts';
import { toText } from '../values/text.ts';

const CHUNK = 8_192;

/** Encodings go through a text character by character. */
const CHARACTERS_AN_OPERATION = 16;

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const base64encode: FilterDefinition = {
  name: 'base64encode',
  parameters: [],
  summary: 'Base64 of the UTF-8 bytes of the text.',
  example: { template: "<< 'é' | base64encode >>", gives: 'w6k=' },
  apply(input, _given, run) {
    const text = expectTextual(input, 'the input of `base64encode`', run);
    run.charge(text.length / CHARACTERS_AN_OPERATION);
    const bytes = utf8.encode(text);
    run.reserve(Math.ceil(bytes.length / 3) * 4);
    let binary = '';
    for (let at = 0; at < bytes.length; at += CHUNK) {
      binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
    }
    return btoa(binary);
  },
};

const base64decode: FilterDefinition = {
  name: 'base64decode',
  parameters: [],
  summary: 'The text whose UTF-8 bytes the base64 (or base64url) stands for.',
  example: { template: "<< 'w6k=' | base64decode >>", gives: 'é' },
  apply(input, _given, run) {
    const text = expectText(input, 'the input of `base64decode`', run);
    run.reserve(text.length);
    run.charge(text.length / CHARACTERS_AN_OPERATION);
    try {
      const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
      return strictUtf8.decode(bytesOf(binary));
    } catch (error) {
      return run.fail('bad-argument', 'the input is not base64 of UTF-8 text', run.site, error);
    }
  },
};

/** `atob` answers a text with one character a byte. */
function bytesOf(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

const urlencode: FilterDefinition = {
  name: 'urlencode',
  parameters: [],
  summary: 'Percent-encoded for any part of a URL; a map becomes a query, `a=1&b=2`.',
  example: { template: "<< {q: 'a b', n: 1} | urlencode >>", gives: 'q=a%20b&n=1' },
  apply(input, _given, run) {
    if (!isMap(input)) return encoded(expectTextual(input, 'the input of `urlencode`', run), run);
    const pairs = Object.keys(input).map(
      (key) => `${encoded(key, run)}=${encoded(toText(input[key], run), run)}`,
    );
    return run.made(pairs.join('&'));
  },
};

function encoded(text: string, run: Runtime): string {
  run.charge(1 + text.length / CHARACTERS_AN_OPERATION);
  // Half of a surrogate pair has no UTF-8 form, and the function throws on it.
  return run.made(encodeURIComponent(text.toWellFormed()));
}

const urldecode: FilterDefinition = {
  name: 'urldecode',
  parameters: [],
  summary: 'The text that a percent-encoded one stands for.',
  example: { template: "<< 'a%20b' | urldecode >>", gives: 'a b' },
  apply(input, _given, run) {
    const text = expectText(input, 'the input of `urldecode`', run);
    run.charge(1 + text.length / CHARACTERS_AN_OPERATION);
    try {
      return decodeURIComponent(text);
    } catch (error) {
      return run.fail('bad-argument', 'the input is not percent-encoded text', run.site, error);
    }
  },
};

const sha256: FilterDefinition = {
  name: 'sha256',
  parameters: parameters(),
  summary: 'SHA-256 of the UTF-8 bytes of the text, in hexadecimal digits.',
  example: {
    template: "<< 'abc' | sha256 >>",
    gives: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  },
  apply(input, _given, run) {
    const text = expectTextual(input, 'the input of `sha256`', run);
    run.charge(5 + text.length / CHARACTERS_AN_OPERATION);
    return sha256HexOfText(text);
  },
};

export const encodeFilters: readonly FilterDefinition[] = [
  base64decode,
  base64encode,
  sha256,
  urldecode,
  urlencode,
];
