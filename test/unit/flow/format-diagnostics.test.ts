import { describe, expect, it } from 'vitest';
import { formatDiagnostics } from '../../../src/flow/format-diagnostics.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { catalog } from './catalog.ts';
import { withTasks } from './reading.ts';

function diagnosticsOf(text: string) {
  return readFlow(text, { catalog, file: 'flows/a.yaml' }).diagnostics;
}

describe('pretty', () => {
  it('shows the line with a mark under it, the hint, and the fix where the hint does not say it', () => {
    const text = withTasks(
      '- { id: a, type: log, message: x }\n- { id: b, type: return, value: 9007199254740993 }',
    );
    expect(formatDiagnostics(diagnosticsOf(text), 'pretty')).toBe(
      `flows/a.yaml:5:35 error: \`9007199254740993\` is beyond 2^53, where numbers lose digits [yaml-integer-too-large]
  5 |   - { id: b, type: return, value: 9007199254740993 }
    |                                   ^^^^^^^^^^^^^^^^
  Quote it to keep every digit.
  Fix: "9007199254740993"`,
    );
  });

  it('separates several by a blank line', () => {
    const text = withTasks('- { id: a, type: log, mesage: x }');
    expect(formatDiagnostics(diagnosticsOf(text), 'pretty')).toBe(
      `flows/a.yaml:4:5 error: task \`a\` needs \`message\` [property-missing]
  4 |   - { id: a, type: log, mesage: x }
    |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

flows/a.yaml:4:25 error: task \`a\` has no property \`mesage\` [property-unknown]
  4 |   - { id: a, type: log, mesage: x }
    |                         ^^^^^^
  Did you mean \`message\`?`,
    );
  });

  it('keeps tabs, so that the mark stands under what it marks', () => {
    const text = withTasks('- id: a\n  type: log\n  message:\t<< vars.x >>');
    const lines = formatDiagnostics(diagnosticsOf(text), 'pretty').split('\n');
    expect(lines[1]).toBe('  6 |     message:\t<< vars.x >>');
    expect(lines[2]).toBe('    |             \t   ^^^^^^');
  });

  it('cuts long lines around the place', () => {
    const text = withTasks(
      `- { id: a, type: return, value: [${'1, '.repeat(2_000)} << vars.x >>, ${'1, '.repeat(2_000)}] }`,
    );
    const lines = formatDiagnostics(diagnosticsOf(text), 'pretty').split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(140);
  });

  it('never lets a file steer the terminal', () => {
    const text = withTasks('- { id: a, type: "\\e[2Jlog", message: "\u202e" }');
    const pretty = formatDiagnostics(diagnosticsOf(text), 'pretty');
    expect(pretty).toContain('there is no task type `\\u{1b}[2Jlog`');
    expect(['\u001b', '\u202e'].filter((character) => pretty.includes(character))).toEqual([]);
  });

  it('a place at the end of the file has a mark too', () => {
    const pretty = formatDiagnostics(diagnosticsOf('id: a\ntasks: ['), 'pretty');
    expect(pretty).toMatch(/\^/);
  });

  it('nothing to say is nothing', () => {
    expect(formatDiagnostics([], 'pretty')).toBe('');
    expect(formatDiagnostics([], 'github')).toBe('');
    expect(formatDiagnostics([], 'json')).toBe('[]');
  });
});

describe('json', () => {
  it('is the list as it is documented', () => {
    const [first] = JSON.parse(
      formatDiagnostics(diagnosticsOf(withTasks('- { id: a, type: logg }')), 'json'),
    ) as unknown[];
    expect(first).toEqual({
      code: 'type-unknown',
      severity: 'error',
      message: 'there is no task type `logg`',
      file: 'flows/a.yaml',
      range: { line: 4, column: 20, endLine: 4, endColumn: 24 },
      hint: 'Did you mean `log`?',
    });
  });
});

describe('github', () => {
  it('is a workflow command per line', () => {
    const diagnostics = readFlow(withTasks('- { id: a, type: logg }'), {
      catalog,
      file: 'flows/a,b:c%.yaml',
    }).diagnostics;
    expect(formatDiagnostics(diagnostics, 'github')).toBe(
      '::error file=flows/a%2Cb%3Ac%25.yaml,line=4,col=20,endLine=4,endColumn=24,title=type-unknown' +
        '::there is no task type `logg`%0ADid you mean `log`?',
    );
  });
});
