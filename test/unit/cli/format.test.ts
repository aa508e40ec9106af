import { describe, expect, it } from 'vitest';
import { failureText } from '../../../src/cli/format/execution.ts';
import { stateText } from '../../../src/cli/format/state.ts';
import { formatTable } from '../../../src/cli/format/table.ts';
import { counted, oneLine, printable, shortPath } from '../../../src/cli/format/text.ts';

describe('a table', () => {
  const columns = [
    { title: 'name', value: ({ name }: { name: string }) => name },
    {
      title: 'n',
      value: ({ name }: { name: string }) => String(name.length),
      align: 'right' as const,
    },
  ];

  it('has aligned columns and no space at the end of a line', () => {
    const rows = [{ name: 'a' }, { name: 'long-name-here' }];
    expect(formatTable(rows, columns)).toBe(
      'NAME             N\na                1\nlong-name-here  14\n',
    );
  });

  it('has no titles without rows', () => {
    expect(formatTable([], columns)).toBe('');
  });

  it('keeps a row on its line and cuts what is too long', () => {
    const [, line = ''] = formatTable([{ name: `a\nb${'c'.repeat(200)}` }], columns).split('\n');
    expect(line).toMatch(/^a bc+… +203$/);
  });
});

describe('text from outside', () => {
  it('cannot steer a terminal', () => {
    expect(printable('a\u001b[2Jb\u009bc\u202ed\r')).toBe(
      String.raw`a\u{1b}[2Jb\u{9b}c\u{202e}d\u{d}`,
    );
    expect(oneLine('a\n  b\tc')).toBe('a b c');
  });

  it('is coloured only where colours are wanted', () => {
    expect(stateText('FAILED', false)).toBe('FAILED');
    expect(stateText('FAILED', true)).toBe('\u001b[31mFAILED\u001b[39m');
    expect(stateText('SOMETHING', true)).toBe('SOMETHING');
  });
});

it('paths are shown as seen from the working folder', () => {
  expect(shortPath('/a/b/.millrace', '/a/b')).toBe('./.millrace');
  expect(shortPath('/a/b', '/a/b')).toBe('.');
  expect(shortPath('/a/bc', '/a/b')).toBe('/a/bc');
});

it('counts have their noun', () => {
  expect([counted(1, 'file'), counted(3, 'file')]).toEqual(['1 file', '3 files']);
});

it('failures name the task, and in which iterations of loops', () => {
  const failure = { code: 'expression-failed', message: 'n: there is no\n`no`' } as const;
  expect(failureText({ ...failure, taskId: 'charge' })).toBe(
    'task charge: n: there is no `no` [expression-failed]',
  );
  expect(failureText({ ...failure, taskId: 'charge', iterations: [1, 0] })).toBe(
    'task charge[1][0]: n: there is no `no` [expression-failed]',
  );
  expect(failureText(failure)).toBe('n: there is no `no` [expression-failed]');
});
