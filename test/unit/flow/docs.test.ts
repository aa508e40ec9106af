/**
 * Every YAML block in the docs is loaded. A block's first word decides how: `yaml` alone is a flow, a part of one
 * or a configuration that must be right; a code behind it (`yaml property-unknown`) is what reading it gives.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problems.ts';
import { formatDiagnostics } from '../../../src/flow/format-diagnostics.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { catalog } from './catalog.ts';

const ROOT = path.join(import.meta.dirname, '../../..');

interface Block {
  readonly file: string;
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

async function markdownFiles(): Promise<string[]> {
  const docs = (await readdir(path.join(ROOT, 'docs'), { recursive: true })).map(
    (name) => `docs/${name}`,
  );
  const plugins = (await readdir(path.join(ROOT, 'plugins'))).map(
    (name) => `plugins/${name}/README.md`,
  );
  return ['README.md', ...docs, ...plugins].filter((name) => name.endsWith('.md'));
}

async function blocksOf(file: string): Promise<Block[]> {
  const text = await readFile(path.join(ROOT, file), 'utf8').catch(() => '');
  return [...text.matchAll(/^( *)```ya?ml(.*)\n([\s\S]*?)^ *```$/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    info: (match[2] ?? '').trim(),
    text: (match[3] ?? '').replaceAll(new RegExp(`^${match[1] ?? ''}`, 'gm'), ''),
  }));
}

const blocks = (await Promise.all((await markdownFiles()).map(blocksOf))).flat();

const FLOW_KEYS = [
  'id',
  'namespace',
  'tasks',
  'triggers',
  'inputs',
  'variables',
  'outputs',
  'labels',
  'errors',
  'finally',
];
/** What a part of a flow names may be in the part that is not shown. */
const MAY_BE_ELSEWHERE = new Set(['reference-unknown', 'trigger-input-missing']);

/** The block as a whole flow; undefined when it is something else. */
function asFlow(text: string): { readonly text: string; readonly part: boolean } | undefined {
  const head = 'id: example\nnamespace: docs\n';
  const task = 'tasks:\n  - { id: rest, type: log, message: x }\n';
  if (/^- /.test(text))
    return { text: `${head}tasks:\n${text.replaceAll(/^/gm, '  ')}`, part: true };
  const keys = [...text.matchAll(/^([\w-]+):/gm)].map(([, key]) => key ?? '');
  if (keys.includes('namespace')) return { text, part: false };
  if (!keys.some((key) => FLOW_KEYS.includes(key))) return undefined;
  return { text: `${head}${keys.includes('tasks') ? '' : task}${text}`, part: true };
}

function problemsOf(block: Block): string {
  const flow = asFlow(block.text);
  if (flow !== undefined) {
    const { diagnostics } = readFlow(flow.text, { catalog, file: `${block.file}:${block.line}` });
    return formatDiagnostics(
      diagnostics.filter(({ code }) => !flow.part || !MAY_BE_ELSEWHERE.has(code)),
      'pretty',
    );
  }
  return configProblems(block.text);
}

function configProblems(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-docs-'));
  try {
    writeFileSync(path.join(folder, 'millrace.yaml'), text);
    return loadConfig({ env: {}, folder }).problems.map(formatProblem).join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('YAML blocks of the docs', () => {
  const right = blocks.filter(({ info }) => info === '');
  const wrong = blocks.filter(({ info }) => info !== '');

  it('there are some', () => {
    expect(right.length).toBeGreaterThan(3);
    expect(wrong.length).toBeGreaterThan(20);
  });

  it.each(right)('$file:$line', (block) => {
    expect(problemsOf(block)).toBe('');
  });

  it.each(wrong)('$file:$line gives $info', ({ info, text }) => {
    const flow = asFlow(text) ?? { text };
    const { diagnostics } = readFlow(flow.text, { catalog });
    expect([...new Set(diagnostics.map(({ code }) => code))]).toEqual([info]);
  });
});
