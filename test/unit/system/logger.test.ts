import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from '../../../src/adapters/system/pino-logger.ts';
import { readableLine } from '../../../src/adapters/system/readable-line.ts';

const FILE = join(import.meta.dirname, '../../../src/adapters/system/pino-logger.ts');

function logging(options: Omit<LoggerOptions, 'write'>) {
  const lines: string[] = [];
  return { lines, logger: createLogger({ ...options, write: (line) => lines.push(line) }) };
}

describe('JSON lines', () => {
  it('have level, time, fields and message, and nothing of the machine', () => {
    const { lines, logger } = logging({ format: 'json' });
    logger.warn({ partition: 3 }, 'slow');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      partition: 3,
      msg: 'slow',
    });
    expect(lines[0]?.endsWith('\n')).toBe(true);
  });

  it('of a child carry its fields', () => {
    const { lines, logger } = logging({ format: 'json' });
    logger.child({ role: 'executor' }).child({ partition: 1 }).info({ offset: 5 }, 'opened');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ role: 'executor', partition: 1, offset: 5 });
  });

  it('show an error with its stack and cause', () => {
    const { lines, logger } = logging({ format: 'json' });
    logger.error({ err: new Error('no', { cause: new Error('deep') }) }, 'failed');
    const { err } = JSON.parse(lines[0] ?? '') as { err: { message: string; stack: string } };
    expect(err.message).toContain('no');
    expect(err.stack).toContain('deep');
  });

  it('below the level are not written', () => {
    const { lines, logger } = logging({ format: 'json', level: 'warn' });
    logger.debug({}, 'a');
    logger.info({}, 'b');
    logger.warn({}, 'c');
    logger.error({}, 'd');
    expect(lines).toHaveLength(2);
  });

  it('go to stderr at once: the last ones before a crash are there', () => {
    const script = `
      const { createLogger } = await import(${JSON.stringify(FILE)});
      createLogger({ format: 'json' }).error({}, 'last words');
      process.kill(process.pid, 'SIGKILL');`;
    const run = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
    expect(run.stderr.toString()).toContain('last words');
    expect(run.stdout.toString()).toBe('');
  });
});

describe('readable lines', () => {
  it('have the time of day, level, message and fields', () => {
    const { lines, logger } = logging({ format: 'readable' });
    logger.info({ topic: 'events', count: 3, why: 'it is so', list: [1] }, 'started');
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}started topic=events count=3 why="it is so" list=\[1\]\n$/,
    );
  });

  it('have an error’s stack below', () => {
    const { lines, logger } = logging({ format: 'readable' });
    logger.error({ err: new Error('no') }, 'failed');
    expect(lines[0]).toMatch(/ error failed\n {4}Error: no\n {8}at /);
  });

  it('are coloured on request only', () => {
    const colored = logging({ format: 'readable', color: true });
    colored.logger.warn({ a: 1 }, 'careful');
    expect(colored.lines[0]).toContain('\u001b[33mwarn \u001b[0m careful');
    const plain = logging({ format: 'readable' });
    plain.logger.warn({ a: 1 }, 'careful');
    expect(plain.lines[0]).not.toContain('\u001b');
  });

  it('let no value write control characters to a terminal', () => {
    const { lines, logger } = logging({ format: 'readable' });
    const evil = 'a\u001b]0;title\u0007\r\nb\u009b31m';
    logger.info({ evil, err: new Error(evil) }, evil);
    const codes = Array.from(lines[0] ?? '', (character) => character.charCodeAt(0));
    const control = codes.filter((code) => code < 0x20 || (code > 0x7e && code < 0xa0));
    expect(new Set(control)).toEqual(new Set([0x0a]));
    expect(lines[0]).toContain('a\\x1b]0;title\\x07\\x0d\\x0ab\\x9b31m');
  });

  it('pass on what is no JSON line', () => {
    expect(readableLine('boo\n', false)).toBe('boo\n');
    expect(readableLine('7\n', false)).toBe('7\n');
  });
});
