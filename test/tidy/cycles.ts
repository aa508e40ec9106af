/** Import cycles at run time: none. Types may refer to each other; type stripping erases them. */
import type { Source, SourceTree, Violation } from './source-tree.ts';

type Graph = ReadonlyMap<string, readonly string[]>;

function valueImports(source: Source): string[] {
  const values = source.imports.filter(({ typeOnly }) => !typeOnly);
  return values.flatMap(({ target }) => target ?? []);
}

/** The shortest way from `start` back to itself, as a list of files, or `undefined` without one. */
function cycleFrom(graph: Graph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return pathTo(cameFrom, start, file);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

function pathTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const path = [end];
  for (let file = end; file !== start;) {
    file = cameFrom.get(file) ?? start;
    path.unshift(file);
  }
  return path;
}

/** One violation for each cycle, at the import of its alphabetically first file. */
export function checkCycles(tree: SourceTree): Violation[] {
  const graph = new Map(tree.sources.map((source) => [source.path, valueImports(source)]));
  const reported = new Set<string>();
  const violations: Violation[] = [];
  for (const { path: start, imports } of tree.sources) {
    const cycle = cycleFrom(graph, start);
    if (cycle === undefined || cycle.some((file) => reported.has(file))) continue;
    for (const file of cycle) reported.add(file);
    const line = imports.find(({ target }) => target === (cycle[1] ?? start))?.line ?? 1;
    const message =
      `import cycle ${[...cycle, start].join(' → ')}; ` +
      'move what they share into a third file, or import only the type';
    violations.push({ file: start, line, message });
  }
  return violations;
}
