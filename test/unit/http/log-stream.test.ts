import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEventStream } from '../../../src/http/client/event-stream.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';

const LINES = 12;

const chatty = [
  'id: chatty',
  'namespace: demo',
  'tasks:',
  ...Array.from({ length: LINES }, (_, n) => [
    `  - { id: line_${n}, type: log, message: 'line ${n}' }`,
    `  - { id: pause_${n}, type: sleep, duration: 40ms }`,
  ]).flat(),
].join('\n');

let running: WiredShells;

beforeAll(async () => {
  running = await startShells({ flows: [{ file: 'chatty.yaml', text: chatty }] });
});

afterAll(async () => {
  await running.close();
});

async function start(): Promise<string> {
  const target = `${running.url}/api/v1/executions/demo/chatty`;
  const response = await fetch(target, {
    method: 'POST',
    body: '{}',
    headers: { connection: 'close' },
  });
  // The body of a 202 is ours.
  return ((await response.json()) as { executionId: string }).executionId;
}

/** Reads lines after `lastId`, at most `count` of them; gives where it stopped, or undefined at the end. */
async function read(
  execution: string,
  lastId: string | undefined,
  count: number,
  into: string[],
): Promise<string | undefined> {
  const response = await fetch(`${running.url}/api/v1/executions/${execution}/logs`, {
    headers: {
      accept: 'text/event-stream',
      connection: 'close',
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    },
  });
  expect(response.status).toBe(200);
  if (response.body === null) throw new Error('a stream without a body');
  let left = count;
  for await (const { id, data } of readEventStream(response.body)) {
    // A line as the list gives it.
    into.push((JSON.parse(data) as { message: string }).message);
    left -= 1;
    // Leaving the loop cuts the stream.
    if (left === 0) return id;
  }
  return undefined;
}

it('gives every line once over reconnects, and ends with the execution', async () => {
  const execution = await start();
  const lines: string[] = [];
  let at: string | undefined;
  for (let reconnects = 0; ; reconnects += 1) {
    const next = await read(execution, at, 1 + (reconnects % 4), lines);
    if (next === undefined) break;
    at = next;
  }
  expect(lines).toEqual(Array.from({ length: LINES }, (_, n) => `line ${n}`));
});
