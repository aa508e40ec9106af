import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FlowFile } from '../flow/deployment.ts';
import { CommandEnd, exitCodes } from './exit.ts';

/** A YAML file that is no flow test. */
export function isFlowFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);
}

/**
 * The flow files in a folder and below, or the one file, named as a person would from `from`. Hidden folders and
 * `node_modules` are left out.
 *
 * @throws CommandEnd when there is no such place.
 */
export async function readFlowFiles(place: string, from: string): Promise<readonly FlowFile[]> {
  const found = await stat(path.resolve(from, place)).catch(() => undefined);
  if (found === undefined)
    throw new CommandEnd(exitCodes.usage, `There is no file or folder ${place}.`);
  const root = path.resolve(from, place);
  const files = found.isDirectory() ? await flowFilesBelow(root) : [root];
  return Promise.all(
    files.map(async (file) => ({
      file: path.relative(from, file),
      text: await readFile(file, 'utf8'),
    })),
  );
}

async function flowFilesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const file = path.join(folder, entry.name);
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
      if (entry.isDirectory()) return flowFilesBelow(file);
      return isFlowFile(entry.name) ? [file] : [];
    }),
  );
  return found.flat().sort();
}
