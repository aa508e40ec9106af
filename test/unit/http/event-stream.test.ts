import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEventStream, type StreamedEvent } from '../../../src/http/client/event-stream.ts';

async function read(chunks: readonly Uint8Array[]): Promise<readonly StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  for await (const event of readEventStream(ReadableStream.from(chunks))) events.push(event);
  return events;
}

const encoder = new TextEncoder();

it('reads fields, comments, several lines of data and a missing space', async () => {
  const text = [
    ': open',
    '',
    'id: 4.1',
    'event: task.ended',
    'data: {"a":',
    'data:1}',
    '',
    'data',
    '',
    'event: nothing',
    '',
    'data: last',
    '',
    'data: cut off',
  ].join('\n');
  expect(await read([encoder.encode(text)])).toEqual([
    { id: '4.1', event: 'task.ended', data: '{"a":\n1}' },
    { id: '4.1', event: 'message', data: '' },
    { id: '4.1', event: 'message', data: 'last' },
  ]);
});

it('does not mind where the bytes are cut, nor how lines end', async () => {
  const text = 'id: 1\r\nevent: é😀\r\ndata: 漢字\r\n\r\nid: 2\rdata: b\r\rid: 3\ndata: c\n\n';
  const bytes = encoder.encode(text);
  const whole = await read([bytes]);
  expect(whole.map(({ id, data }) => `${id ?? ''} ${data}`)).toEqual(['1 漢字', '2 b', '3 c']);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
      const places = [0, ...cuts.toSorted((left, right) => left - right), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.slice(places[index], end));
      expect(await read(chunks)).toEqual(whole);
    }),
  );
});
