/** The shape of a plugin's folder: whoever opens one knows where everything is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceTree, Violation } from './source-tree.ts';

interface Part {
  readonly pattern: RegExp;
  readonly what: string;
  readonly remedy: string;
}

const PARTS: readonly Part[] = [
  { pattern: /^plugin\.json$/, what: 'plugin.json', remedy: 'add the manifest' },
  { pattern: /^index\.ts$/, what: 'index.ts', remedy: 'export the tasks and triggers from it' },
  {
    pattern: /^(?:.*\.)?schema\.json$/,
    what: 'a schema (*.schema.json)',
    remedy: 'describe the properties of each task and trigger',
  },
  { pattern: /\.test\.ts$/, what: 'a test (*.test.ts)', remedy: 'a plugin brings its own tests' },
  {
    pattern: /^sanity\.flow\.yaml$/,
    what: 'sanity.flow.yaml',
    remedy: 'add a flow that uses each task or trigger once',
  },
  { pattern: /^README\.md$/, what: 'README.md', remedy: 'say what it does, with an example' },
];

function manifestProblem(folder: string): string | undefined {
  const path = join(folder, 'plugin.json');
  if (!existsSync(path)) return undefined;
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return undefined;
  } catch (error) {
    return `plugin.json is no JSON (${String(error)}); mend it`;
  }
}

function problemsOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const missing = PARTS.filter(({ pattern }) => !files.some((file) => pattern.test(file))).map(
    ({ what, remedy }) => `lacks ${what}; ${remedy}`,
  );
  const broken = manifestProblem(folder);
  return broken === undefined ? missing : [...missing, broken];
}

/** Every folder of plugins/ has all its parts. */
export function checkPluginFolders(tree: SourceTree): Violation[] {
  const plugins = join(tree.root, 'plugins');
  if (!existsSync(plugins)) return [];
  const folders = readdirSync(plugins, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  return folders.flatMap(({ name }) =>
    problemsOf(join(plugins, name)).map((message) => ({
      file: `plugins/${name}`,
      line: 1,
      message,
    })),
  );
}
