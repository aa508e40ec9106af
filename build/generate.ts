/**
 * Writes every generated file (`npm run gen`), or with `--check` compares them with what is committed
 * and exits 1 naming the stale ones. The generators are the modules of build/generators/.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format, getFileInfo, resolveConfig } from 'prettier';
import type { GeneratedFile } from './generated-file.ts';

const ROOT = join(import.meta.dirname, '..');
const GENERATORS = join(import.meta.dirname, 'generators');

async function readIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function generatedFiles(): Promise<GeneratedFile[]> {
  if (!existsSync(GENERATORS)) return [];
  const modules = (await readdir(GENERATORS)).filter((name) => name.endsWith('.ts')).sort();
  const lists = modules.map(async (name) => {
    // The contract of the folder: each module's default export is its list, see generated-file.ts.
    const module = (await import(join(GENERATORS, name))) as { default: readonly GeneratedFile[] };
    return module.default;
  });
  return (await Promise.all(lists)).flat();
}

/** As `npm run format` would leave it, so that the two commands never undo each other. */
async function formatted(path: string, text: string): Promise<string> {
  const { ignored, inferredParser } = await getFileInfo(path, {
    ignorePath: join(ROOT, '.prettierignore'),
    resolveConfig: true,
  });
  if (ignored || inferredParser === null) return text;
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}

/** The path when the file on disk differs from what its generator says; written unless `check`. */
async function update(generated: GeneratedFile, check: boolean): Promise<string | undefined> {
  const path = join(ROOT, generated.file);
  const current = await readIfAny(path);
  const next = await formatted(path, await generated.content(current));
  if (next === current) return undefined;
  if (!check) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, next);
  }
  return generated.file;
}

/** Files are updated in order: two generators may write parts of one file. */
async function updateAll(check: boolean): Promise<string[]> {
  const changed: string[] = [];
  for (const generated of await generatedFiles()) {
    const file = await update(generated, check);
    if (file !== undefined) changed.push(file);
  }
  return changed;
}

const check = process.argv.includes('--check');
const changed = await updateAll(check);
for (const file of changed) console.log(check ? `stale    ${file}` : `written  ${file}`);
if (check && changed.length > 0) {
  console.error(`${changed.length} generated files are stale: run "npm run gen" and commit`);
  process.exitCode = 1;
}
