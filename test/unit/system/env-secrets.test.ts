import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EnvSecrets } from '../../../src/adapters/system/env-secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secret-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'secret'), content);
  return join(folder, 'secret');
}

describe('a secret', () => {
  it('is plain in a variable of ours', () => {
    expect(new EnvSecrets({ MILLRACE_SECRET_TOKEN: ' pläin\n' }).get('TOKEN')).toBe(' pläin\n');
  });

  it('is base64 in a variable as Kestra has it', () => {
    const secrets = new EnvSecrets({ SECRET_TOKEN: `${base64('geheim: ö')}\n` });
    expect(secrets.get('TOKEN')).toBe('geheim: ö');
  });

  it('is what a file holds, without one newline at its end, read at each use', () => {
    const file = fileWith('one\n\n');
    const secrets = new EnvSecrets({ MILLRACE_SECRET_TOKEN_FILE: file });
    expect(secrets.get('TOKEN')).toBe('one\n');
    writeFileSync(file, 'two\r\n');
    expect(secrets.get('TOKEN')).toBe('two');
  });

  it('is taken from ours first', () => {
    const env = {
      MILLRACE_SECRET_A: 'plain',
      MILLRACE_SECRET_A_FILE: '/nowhere',
      SECRET_A: base64('encoded'),
    };
    expect(new EnvSecrets(env).get('A')).toBe('plain');
  });

  it('may be asked for in lower case', () => {
    const secrets = new EnvSecrets({ MILLRACE_SECRET_PAY_TOKEN: 'x', MILLRACE_SECRET_own: 'y' });
    expect(secrets.get('pay_token')).toBe('x');
    expect(secrets.get('own')).toBe('y');
  });

  it.each(['NONE', 'constructor', '__proto__', 'toString', ''])('%j is none', (name) => {
    expect(new EnvSecrets({}).get(name)).toBeUndefined();
  });

  it.each([
    ['plain text', 'hunter2!'],
    ['cut', base64('hunter2').slice(0, -3)],
    ['of bytes that are no text', Buffer.from([0xff, 0xfe, 0x41]).toString('base64')],
    ['URL-safe', '_-_-'],
  ])(
    'that is %s where base64 is wanted is an error that says so and not what it is',
    (_what, value) => {
      const get = () => new EnvSecrets({ SECRET_TOKEN: value }).get('TOKEN');
      expect(get).toThrow(
        'SECRET_TOKEN is not the base64 form of a text. Set it to the output of ' +
          '`printf %s "$VALUE" | base64`, or set MILLRACE_SECRET_TOKEN to the plain value.',
      );
      expect(get).toThrow(
        expect.objectContaining({ name: 'TerminalError', code: 'secret-not-base64' }),
      );
      expect(get).not.toThrow(value);
    },
  );

  it('whose file is missing is an error that names the variable and the path', () => {
    const get = () => new EnvSecrets({ MILLRACE_SECRET_A_FILE: '/nowhere/a' }).get('A');
    expect(get).toThrow(/MILLRACE_SECRET_A_FILE names cannot be read \(\/nowhere\/a\): mount it/);
    expect(get).toThrow(expect.objectContaining({ code: 'secret-unreadable' }));
  });
});
