import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { idOf, sha256Hex, sha256HexOfText } from '../../../src/support/digest.ts';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

describe('hashes of parts', () => {
  it('are SHA-256 over each part with its length before it', () => {
    const bytes = Buffer.from([0, 0, 0, 1, 0x61, 0, 0, 0, 2, 0xc3, 0xa9, 0, 0, 0, 0]);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect(sha256Hex(['a', 'é', ''])).toBe(expected);
  });

  it('differ when the parts do, however they are cut', () => {
    const lists = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc'], []];
    expect(new Set(lists.map(sha256Hex)).size).toBe(lists.length);
  });

  it('of a text alone are what sha256sum prints', () => {
    expect(sha256HexOfText('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('ids of parts', () => {
  it('are the first 130 bits in Crockford’s base32, lower case', () => {
    for (const parts of [[], ['a'], ['topic', '3', '42'], ['é', '']]) {
      const bits = BigInt(`0x${sha256Hex(parts)}`) >> 126n;
      let expected = '';
      for (let shift = 125n; shift >= 0n; shift -= 5n) {
        expected += DIGITS.charAt(Number((bits >> shift) & 31n));
      }
      expect(idOf(parts)).toBe(expected);
      expect(idOf(parts)).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
    }
  });
});
