/** `millrace executions logs`, against all roles in this process, and against a server that goes away. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sinceTime } from '../../../src/cli/since.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';
import { run as runIn } from './terminal.ts';

const talking = `id: talking
namespace: demo
tasks:
  - { id: first, type: log, message: "one\\e[31m" }
  - { id: rest, type: sleep, duration: 50ms }
  - { id: second, type: log, message: two, level: warn }
`;
const failing = `id: failing
namespace: demo
tasks:
  - { id: said, type: log, message: before }
  - { id: no_luck, type: fail, message: the card was declined }
`;

const looping = `id: looping
namespace: demo
tasks:
  - id: each
    type: foreach
    values: [a, b]
    tasks:
      - { id: said, type: log, message: << item.value >> }
      - { id: no_luck, type: fail, when: << item.value == 'b' >>, message: the card was declined }
`;

let wired: WiredShells;

beforeAll(async () => {
  wired = await startShells({
    flows: [
      { file: 'talking.yaml', text: talking },
      { file: 'failing.yaml', text: failing },
      { file: 'looping.yaml', text: looping },
    ],
  });
});

afterAll(() => wired.close());

function run(words: readonly string[], server = wired.url) {
  return runIn(words, { environment: { MILLRACE_SERVER: server } });
}

async function started(flow: string): Promise<string> {
  return (await run(['run', `demo/${flow}`, '-o', 'name'])).stdout.trim();
}

/** Without their times. */
function shown(stdout: string): readonly string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.slice('2026-01-31 01:59:00.123 '.length));
}

describe('executions logs', () => {
  it('follows to the end, one line each, control characters as escapes', async () => {
    const id = await started('talking');
    const { code, stdout, stderr } = await run(['x', 'logs', id, '-f']);
    expect([code, stderr]).toEqual([0, '']);
    expect(shown(stdout)).toEqual(['info  first: one\\u{1b}[31m', 'warn  second: two']);
    expect((await run(['executions', 'logs', id])).stdout).toBe(stdout);
  });

  it('ends with 1 when the execution that it follows has failed, and only then', async () => {
    const id = await started('failing');
    const followed = await run(['x', 'logs', id, '--follow']);
    expect(followed.code).toBe(1);
    expect(shown(followed.stdout)).toEqual(['info  said: before']);
    expect(followed.stderr).toMatch(/FAILED: task no_luck: the card was declined \[/);
    expect((await run(['x', 'logs', id])).code).toBe(0);
  });

  it('says in which iteration of a loop a task spoke, and failed', async () => {
    const followed = await run(['x', 'logs', await started('looping'), '--follow']);
    expect(shown(followed.stdout)).toEqual(['info  said[0]: a', 'info  said[1]: b']);
    expect(followed.stderr).toContain('FAILED: task no_luck[1]: the card was declined [');
  });

  it('shows the lines of a task, of a level, since a time', async () => {
    const id = await started('talking');
    const only = async (...words: readonly string[]): Promise<readonly string[]> => {
      const listed = await run(['x', 'logs', id, ...words]);
      const followed = await run(['x', 'logs', id, '-f', ...words]);
      expect(followed.stdout).toBe(listed.stdout);
      return shown(listed.stdout);
    };
    await run(['x', 'logs', id, '-f']);
    expect(await only('--task', 'second')).toEqual(['warn  second: two']);
    expect(await only('--level', 'warn')).toEqual(['warn  second: two']);
    expect(await only('--since', '1h')).toHaveLength(2);
    expect(await only('--since', '2999-01-01')).toEqual(['']);
  });

  it('gives the lines as JSON: whole, or one a line', async () => {
    const id = await started('talking');
    const followed = await run(['x', 'logs', id, '-f', '--json']);
    const lines = followed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([{ task: 'first' }, { task: 'second', level: 'warn' }]);
    expect(JSON.parse((await run(['x', 'logs', id, '--json'])).stdout)).toEqual({ lines });
  });

  it.each([
    [['--level', 'loud'], /Allowed choices are trace, debug, info, warn, error/],
    [['--since', 'yesterday'], /must be a duration such as 10m, or a time/],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await run(['x', 'logs', 'any', ...words]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('says at once that there is no such execution', async () => {
    const { code, stderr } = await run(['x', 'logs', '0'.repeat(26), '-f']);
    expect(code).toBe(4);
    expect(stderr).toContain('There is no execution');
  });
});

it('goes on behind the last line when the server was away, and says that it waits', async () => {
  const line = (offset: number): string => {
    const said = { level: 'info', task: 'a', iterations: [] };
    const data = { offset, time: '2026-01-31T01:59:00.123Z', ...said };
    return `id: ${offset}\nevent: line\ndata: ${JSON.stringify({ ...data, message: String(offset) })}\n\n`;
  };
  const resumed: (string | undefined)[] = [];
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => {
      response.write(line(5));
      // It breaks a moment later: bytes that a reset overtakes are lost, and come again.
      setTimeout(() => response.destroy(), 100);
    },
    // A connection that is cut in order.
    (response) => response.end(`${line(6)}event: cut\ndata: {"reason":"slow"}\n\n`),
    (response) => response.writeHead(503).end('{"code":"streams-full"}'),
    (response) =>
      response.end(`${line(7)}event: end\ndata: {"state":"SUCCESS","complete":false}\n\n`),
  ];
  const server = createServer(({ url, headers }, response) => {
    if (url?.endsWith('/logs') !== true) {
      response.end('{"executionId":"x","state":"SUCCESS","error":null}');
      return;
    }
    resumed.push(headers['last-event-id']?.toString());
    answers.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    // A server that listens on a port has such an address.
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await run(
      ['x', 'logs', 'x', '-f'],
      `http://127.0.0.1:${port}`,
    );
    expect(shown(stdout)).toEqual(['info  a: 5', 'info  a: 6', 'info  a: 7']);
    expect(resumed).toEqual([undefined, '5', '6', '6']);
    expect(stderr.match(/; waiting for it up to 30 s$/gm)).toHaveLength(2);
    expect(stderr).toContain('Lines that came too late may be missing');
    expect(code).toBe(0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it.each([
  ['10m', '2026-01-31T00:50:00.000Z'],
  ['2026-01-30', '2026-01-30T00:00:00.000Z'],
  ['2026-01-30T10:00+02:00', '2026-01-30T08:00:00.000Z'],
  ['2026-13-30', undefined],
  ['5', undefined],
  ['now', undefined],
  ['', undefined],
])('reads the time %j', (text, time) => {
  expect(sinceTime(text, Date.parse('2026-01-31T01:00:00Z'))).toBe(time);
});
