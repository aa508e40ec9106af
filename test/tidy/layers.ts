/** The arrows of docs/ARCHITECTURE.md, "Layers": what may import what. */
import {
  isTest,
  type Import,
  type Source,
  type SourceTree,
  type Violation,
} from './source-tree.ts';

const SHELL = ['engine', 'flow', 'expression', 'plugin', 'ports', 'records', 'model'];

/**
 * Folder of src/ → what it may import beside itself and `support`. An entry with a slash is one part of
 * a layer. To add a layer, put it here and into the table of docs/ARCHITECTURE.md.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  support: [],
  model: [],
  records: ['model'],
  expression: ['model'],
  flow: ['model', 'expression'],
  engine: ['model', 'flow', 'expression'],
  ports: ['model', 'records'],
  config: ['model'],
  plugin: ['model', 'ports', 'expression'],
  executor: SHELL,
  worker: SHELL,
  trigger: SHELL,
  indexer: SHELL,
  adapters: ['ports', 'records', 'model'],
  // Webhooks are triggers, too: what all triggers do with an event is in trigger/.
  http: [
    'engine/operations',
    'trigger',
    'flow',
    'expression',
    'plugin',
    'ports',
    'records',
    'model',
  ],
  // What main.ts and the simulator have in common: the shells put together over ports that are given.
  compose: ['executor', 'worker', 'trigger', 'indexer', 'http', 'config', ...SHELL],
  cli: ['main', 'http/client', 'engine/compact-log', 'flow', 'records', 'config', 'model'],
};

const COMPOSITION = 'src/main.ts';
const PLUGIN_API = 'src/plugin/index.ts';

/** `src/adapters/kafka/log.ts` → `adapters/kafka/log`, and `src/main.ts` → `main`. */
function placeOf(path: string): string {
  return path.replace(/^src\//, '').replace(/\.ts$/, '');
}

function layerOf(path: string): string {
  return placeOf(path).split('/')[0] ?? '';
}

/** Adapters know their port and not each other: each can be left out, or become a package. */
function adapterOf(path: string): string | undefined {
  const [layer, adapter, file] = path.replace(/^src\//, '').split('/');
  return layer === 'adapters' && file !== undefined ? adapter : undefined;
}

function arrowProblem(from: string, to: string): string | undefined {
  const layer = layerOf(from);
  const allowed = ALLOWED[layer];
  // Said once for the file by unknownLayer.
  if (allowed === undefined) return undefined;
  if (!to.startsWith('src/')) {
    return to === 'package.json'
      ? undefined
      : `src must not import ${to}; move what both need into src`;
  }
  if (layerOf(to) === layer) return adapterProblem(from, to);
  const place = placeOf(to);
  const names = [...allowed, 'support'];
  if (names.some((name) => place === name || place.startsWith(`${name}/`))) return undefined;
  return (
    `${layer} must not import ${place}; it may import ${names.join(' ')}. ` +
    'Move the shared part down, or hand it in by a port or a parameter (docs/ARCHITECTURE.md, "Layers")'
  );
}

function adapterProblem(from: string, to: string): string | undefined {
  const [own, other] = [adapterOf(from), adapterOf(to)];
  if (own === other || other === undefined) return undefined;
  return `adapters must not import each other (${other}); move the shared part to ports, records or support`;
}

function pluginProblem(from: string, to: string): string | undefined {
  const [, name] = from.split('/');
  if (to === PLUGIN_API || to.startsWith(`plugins/${name ?? ''}/`)) return undefined;
  return `a plugin imports ${PLUGIN_API}, its own folder and npm packages, not ${to}; ask for it in the plugin API`;
}

function problemOf(source: Source, { target }: Import): string | undefined {
  if (target === undefined || source.path === COMPOSITION || isTest(source.path)) return undefined;
  if (source.path.startsWith('plugins/')) return pluginProblem(source.path, target);
  return arrowProblem(source.path, target);
}

function unknownLayer({ path }: Source): Violation[] {
  const layer = layerOf(path);
  if (!path.startsWith('src/') || path === COMPOSITION || layer in ALLOWED) return [];
  const message = `"${layer}" is no layer; put the file into one of ${Object.keys(ALLOWED).join(' ')}`;
  return [{ file: path, line: 1, message }];
}

/**
 * Imports against the arrows. A type-only import is an arrow, too: it says what a layer knows. Tests
 * may import whatever they need to set the scene.
 */
export function checkLayers(tree: SourceTree): Violation[] {
  return tree.sources.flatMap((source) => [
    ...unknownLayer(source),
    ...source.imports.flatMap((entry) => {
      const message = problemOf(source, entry);
      return message === undefined ? [] : [{ file: source.path, line: entry.line, message }];
    }),
  ]);
}
