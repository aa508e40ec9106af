/** The sources under a root folder, parsed, with their imports resolved to paths of the same tree. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export interface Import {
  /** As written: `../model/ids.ts`, `node:fs`, `yaml`. */
  readonly specifier: string;
  /** For a relative specifier the path from the root, with forward slashes. */
  readonly target: string | undefined;
  /** Erased by type stripping: it cannot make a cycle at run time, but it is an arrow all the same. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Source {
  /** Path from the root, with forward slashes: `src/engine/step.ts`. */
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly imports: readonly Import[];
}

export interface SourceTree {
  readonly root: string;
  readonly sources: readonly Source[];
}

export interface Violation {
  readonly file: string;
  readonly line: number;
  /** What is wrong, and after it what to do instead. */
  readonly message: string;
}

/** `file:line message`, as editors and terminals link it. */
export function describeViolation({ file, line, message }: Violation): string {
  return `${file}:${line} ${message}`;
}

export function lineOf(source: Source, node: ts.Node): number {
  return source.ast.getLineAndCharacterOfPosition(node.getStart(source.ast)).line + 1;
}

export function violationAt(source: Source, node: ts.Node, message: string): Violation {
  return { file: source.path, line: lineOf(source, node), message };
}

/** Every node of the file, parents before children. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}

/** Tests are held to the budgets of tests, and may import what they test from anywhere. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

/** Reads the TypeScript files of `folders` (those that exist) under `root`. */
export function readSourceTree(root: string, folders: readonly string[]): SourceTree {
  const paths = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
        .filter((path) => path.endsWith('.ts') && statSync(join(root, path)).isFile()),
    );
  return { root, sources: paths.sort().map((path) => readSource(root, path)) };
}

function readSource(root: string, path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return { path, text, ast, imports: [...importsOf(path, ast)] };
}

function* importsOf(path: string, ast: ts.SourceFile): Generator<Import> {
  for (const node of nodesOf(ast)) {
    const found = importOf(node);
    if (found === undefined) continue;
    const specifier = found.literal.text;
    const relative = specifier.startsWith('.');
    const line = ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
    const target = relative ? posix.join(posix.dirname(path), specifier) : undefined;
    yield { specifier, target, typeOnly: found.typeOnly, line };
  }
}

interface ImportSyntax {
  readonly literal: ts.StringLiteralLike;
  readonly typeOnly: boolean;
}

/** The forms that load or name another module; `new URL('./x.js', …)` is how threads name theirs. */
function importOf(node: ts.Node): ImportSyntax | undefined {
  if (ts.isImportDeclaration(node)) {
    return literalImport(
      node.moduleSpecifier,
      node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
    );
  }
  if (ts.isExportDeclaration(node)) return literalImport(node.moduleSpecifier, node.isTypeOnly);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return literalImport(node.argument.literal, true);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return literalImport(node.arguments[0], false);
  }
  if (isNewUrl(node)) {
    const literal = literalImport(node.arguments?.[0], false);
    return /^\.{1,2}\/.*[^/]$/.test(literal?.literal.text ?? '') ? literal : undefined;
  }
  return undefined;
}

function literalImport(node: ts.Node | undefined, typeOnly: boolean): ImportSyntax | undefined {
  if (node === undefined || !ts.isStringLiteralLike(node)) return undefined;
  return { literal: node, typeOnly };
}

export function isNewUrl(node: ts.Node): node is ts.NewExpression {
  return (
    ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL'
  );
}
