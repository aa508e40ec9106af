/**
 * `npm run build`: dist/ for the package, from nothing. tsc compiles; what it does not compile but the
 * compiled code reads beside itself (manifests, schemas, sanity flows, pages) is copied to the same
 * place.
 */
import { spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

await rm(DIST, { recursive: true, force: true });

const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
const args = [compiler, '--project', join(ROOT, 'tsconfig.build.json')];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

for (const folder of ['src', 'plugins']) {
  await cp(join(ROOT, folder), join(DIST, folder), {
    recursive: true,
    filter: (source) => extname(source) !== '.ts',
  });
}
