import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What tests fetch or build once a machine lies outside the checkout, so a clean clone starts fast. */
function cacheRoot(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace');
}

/**
 * The cached folder `name`, made by `build(folder)` when it is not there yet.
 *
 * Two runs may build at once: each fills a folder of its own and renames it, which is atomic; the
 * loser throws its copy away. A folder with the final name is therefore always complete.
 */
export async function cachedFolder(
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheRoot(), name);
  if (existsSync(folder)) return folder;
  await mkdir(cacheRoot(), { recursive: true });
  const draft = await mkdtemp(join(cacheRoot(), `.${name}-`));
  try {
    await build(draft);
    await rename(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}
