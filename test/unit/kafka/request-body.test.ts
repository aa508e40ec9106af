import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestBody } from '../../../src/adapters/kafka/wire/request.ts';

/** STRING the plain way. */
function stringBytes(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeInt16BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

test('texts come out whole wherever they cross the end of a buffer', () => {
  const texts = fc.array(fc.string({ maxLength: 300, unit: 'grapheme' }), { maxLength: 40 });
  fc.assert(
    fc.property(texts, (parts) => {
      const body = new RequestBody();
      for (const part of parts) body.string(part).int32(7);
      const seven = Buffer.from([0, 0, 0, 7]);
      const expected = parts.flatMap((part) => [stringBytes(part), seven]);
      expect(Buffer.concat(body.pieces())).toEqual(Buffer.concat(expected));
    }),
  );
});
