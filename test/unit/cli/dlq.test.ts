/** `millrace dlq`, against all roles in this process. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import { startShells, type WiredShells } from '../../support/shells.ts';
import { type Ran, run as runIn } from './terminal.ts';

let wired: WiredShells;

beforeAll(async () => {
  wired = await startShells();
});

afterAll(() => wired.close());

function run(...words: readonly string[]): Promise<Ran> {
  return runIn(words, { environment: { MILLRACE_SERVER: wired.url } });
}

async function produce(flow: string): Promise<void> {
  const producer = wired.ports.log.producer();
  const value = JSON.stringify({ namespace: 'demo', flow, inputs: { text: 'a\u001b[31m' } });
  await producer.send('starts', 0, { key: 'o-1', value, headers: { via: 'test' } });
  producer.close();
}

it('lists and shows why a start did not become an execution', async () => {
  expect(await run('dlq', 'list')).toEqual({ code: 0, stdout: '', stderr: 'No dead letters.\n' });
  await produce('gone');
  const place = await eventually('the dead letter', async () => {
    const { stdout } = await run('dlq', 'list', '-o', 'name');
    return stdout !== '' && stdout.trim();
  });
  const { stdout } = await run('dlq', 'list', '--reason', 'flow-unknown', '--since', '1h');
  expect(stdout).toMatch(/^PLACE +TIME +REASON +ORIGIN +FLOW +MESSAGE\n/);
  expect(stdout).toMatch(
    /flow-unknown +starts\/0 offset 0 +demo\/gone +there is no flow demo\/gone/,
  );
  expect((await run('dlq', 'list', '--reason', 'other')).stdout).toBe('');
  const shown = await run('dlq', 'show', place);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/^key +o-1$/m);
  expect(shown.stdout).toMatch(/^header +via: test$/m);
  expect(shown.stdout).toMatch(/^again +.*millrace run demo\/gone --input/m);
  expect(shown.stdout).toContain('The record:\n{"namespace":"demo","flow":"gone"');
  expect(shown.stdout).not.toContain('\u001b');
  const json = JSON.parse((await run('dlq', 'show', place, '--json')).stdout) as object;
  expect(json).toMatchObject({ reason: 'flow-unknown', record: { key: 'o-1' } });
});

it.each([
  [['show', '1-2'], 2, /named as 3\/17/],
  [['show', '0/999'], 4, /There is no dead letter at 0\/999/],
  [['list', '--since', 'never'], 2, /must be a duration such as 10m/],
])('refuses %j with %i', async (words, code, message) => {
  const ran = await run('dlq', ...words);
  expect(ran.code).toBe(code);
  expect(ran.stderr).toMatch(message);
});
