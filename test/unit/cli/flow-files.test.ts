import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFlowFiles } from '../../../src/cli/flow-files.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-files-'));
  const files = ['b.yaml', 'a.yml', 'notes.md', 'a.test.yaml', 'team/c.yaml', '.git/d.yaml'];
  for (const file of [...files, 'node_modules/x/e.yaml']) {
    mkdirSync(path.dirname(path.join(folder, 'flows', file)), { recursive: true });
    writeFileSync(path.join(folder, 'flows', file), file);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

it('finds flows in a folder and below, and nothing else', async () => {
  expect(await readFlowFiles('flows', folder)).toEqual(
    ['a.yml', 'b.yaml', 'team/c.yaml'].map((file) => ({ file: `flows/${file}`, text: file })),
  );
});

it('takes a single file, whatever it is called', async () => {
  const files = await readFlowFiles('flows/notes.md', folder);
  expect(files).toEqual([{ file: 'flows/notes.md', text: 'notes.md' }]);
});

it('says when there is no such place', async () => {
  await expect(readFlowFiles('nowhere', folder)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('nowhere'),
  });
});
