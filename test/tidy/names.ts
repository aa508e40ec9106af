/** File and folder names that say nothing, and paths that only work before the build. */
import ts from 'typescript';
import {
  isNewUrl,
  nodesOf,
  violationAt,
  type Source,
  type SourceTree,
  type Violation,
} from './source-tree.ts';

const GRAB_BAG = /^(?:utils?|helpers?|types|common|misc|shared|lib|stuff|constants|interfaces)$/;

/** Folders and files named after nothing in particular collect everything. */
export function checkNames(tree: SourceTree): Violation[] {
  return tree.sources.flatMap(({ path }) => {
    const bag = path
      .replace(/\.ts$/, '')
      .split('/')
      .find((part) => GRAB_BAG.test(part));
    if (bag === undefined) return [];
    const message = `"${bag}" names no subject; name the file after what it holds, one subject a file`;
    return [{ file: path, line: 1, message }];
  });
}

function builtPathProblems(source: Source): Violation[] {
  return [...nodesOf(source.ast)]
    .filter(isNewUrl)
    .filter(({ arguments: given }) => {
      const literal = given?.[0];
      return (
        literal !== undefined && ts.isStringLiteralLike(literal) && /^\..*\.ts$/.test(literal.text)
      );
    })
    .map((node) =>
      violationAt(
        source,
        node,
        'the built package has .js files and the compiler rewrites imports only; ' +
          'take the extension from import.meta.url',
      ),
    );
}

/** `new URL('./thread.ts', import.meta.url)` is right in the checkout and wrong in dist/. */
export function checkBuiltPaths(tree: SourceTree): Violation[] {
  return tree.sources.flatMap(builtPathProblems);
}
