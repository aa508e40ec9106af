import { isMap, isScalar, parseDocument } from 'yaml';
import { type ApiClient, ServerProblem } from '../../http/client/api-client.ts';
import type { FlowFile } from '../../flow/deployment.ts';
import type { Diagnostic } from '../../flow/diagnostic.ts';
import type { CliCommand } from '../command.ts';
import { readConfig } from '../configuration.ts';
import { type FileResult, printDiagnostics, resultLine } from '../deployments.ts';
import { CommandEnd, exitCodes } from '../exit.ts';
import { readFlowFiles } from '../flow-files.ts';
import { formatOf, type OutputOptions, printJson, withOutput } from '../format/output.ts';
import { counted } from '../format/text.ts';
import { flowPath, type FlowReference } from '../reference.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends OutputOptions, ServerOption {
  readonly dryRun?: boolean;
}

export const apply: CliCommand = {
  name: 'apply',
  register(program, terminal) {
    const command = program
      .command('apply')
      .summary('deploy flow files to a running process')
      .description(
        'Deploy flow files to a running process: all of them, or none when one is invalid. Running executions keep their revision, new ones take the next.',
      )
      .argument('<paths...>', 'files and folders')
      .option('--dry-run', 'only say what would happen');
    withServer(withOutput(command)).action(async (paths: readonly string[], options: Options) => {
      const files = await Promise.all(paths.map((place) => readFlowFiles(place, terminal.folder)));
      const results = await deploy(clientOf(options, terminal), files.flat(), options, terminal);
      print(terminal, results, options);
    });
  },
};

/** The server judges every file before the first is deployed. */
async function deploy(
  client: ApiClient,
  files: readonly FlowFile[],
  { dryRun }: Options,
  terminal: Terminal,
): Promise<readonly FileResult[]> {
  const named = files.map((file) => ({ file, reference: referenceIn(file.text) }));
  const planned: FileResult[] = [];
  for (const { file, reference } of named) {
    const twice = named.find(
      (other) => other.file !== file && isSame(other.reference, reference),
    )?.file;
    if (reference === undefined) planned.push(await unnamed(file, terminal));
    else if (twice !== undefined) planned.push(duplicate(file, reference, twice));
    else planned.push(await put(client, file, reference, { dryRun: 'true' }));
  }
  if (dryRun === true) return planned;
  if (planned.some(({ kind }) => kind === 'invalid')) return planned.map(held);
  const results: FileResult[] = [];
  for (const { file, reference } of named) {
    if (reference !== undefined) results.push(await put(client, file, reference, {}));
  }
  return results;
}

function isSame(left: FlowReference | undefined, right: FlowReference | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return left.namespace === right.namespace && left.id === right.id;
}

function held(result: FileResult): FileResult {
  const { kind, file, diagnostics } = result;
  return kind === 'invalid' ? result : { kind: 'held', file, diagnostics };
}

interface PutBody {
  readonly revision: number;
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly diagnostics: readonly Diagnostic[];
}

async function put(
  client: ApiClient,
  { file, text }: FlowFile,
  reference: FlowReference,
  query: { readonly dryRun?: 'true' },
): Promise<FileResult> {
  const flow = `${reference.namespace}/${reference.id}`;
  const headers = { 'content-type': 'application/yaml' };
  try {
    const body = await client.request<PutBody>('PUT', flowPath(reference), {
      query,
      headers,
      text,
    });
    const { change, revision } = body;
    return { kind: change, file, flow, revision, diagnostics: inFile(body.diagnostics, file) };
  } catch (error) {
    if (!(error instanceof ServerProblem) || error.code !== 'flow-invalid') throw error;
    // The problem's member is the list of the flow's diagnostics.
    const diagnostics = (error.body['diagnostics'] ?? []) as unknown as readonly Diagnostic[];
    return { kind: 'invalid', file, flow, diagnostics: inFile(diagnostics, file) };
  }
}

/** The server knows the flow's name only. */
function inFile(diagnostics: readonly Diagnostic[], file: string): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => ({ ...diagnostic, file }));
}

/** The flow that a file is of; undefined where it does not say. */
function referenceIn(text: string): FlowReference | undefined {
  const { contents } = parseDocument(text, { logLevel: 'silent' });
  if (!isMap(contents)) return undefined;
  const [namespace, id] = ['namespace', 'id'].map((name) => {
    const node = contents.get(name, true);
    return isScalar(node) && typeof node.value === 'string' ? node.value : '';
  });
  if (namespace === undefined || id === undefined) return undefined;
  return namespace === '' || id === '' ? undefined : { namespace, id };
}

/** A file that names no flow has no address to be sent to; what is wrong with it can be said here. */
async function unnamed({ file, text }: FlowFile, terminal: Terminal): Promise<FileResult> {
  const { loadCatalog } = await import('../../main.ts');
  const { readFlow } = await import('../../flow/read-flow.ts');
  const { config } = await readConfig(terminal);
  const { diagnostics } = readFlow(text, { file, catalog: await loadCatalog(config) });
  return { kind: 'invalid', file, diagnostics };
}

function duplicate(file: FlowFile, { namespace, id }: FlowReference, other: FlowFile): FileResult {
  const diagnostic: Diagnostic = {
    code: 'id-duplicate',
    severity: 'error',
    message: `the flow ${namespace}/${id} is also in ${other.file}`,
    file: file.file,
    range: { line: 1, column: 1, endLine: 1, endColumn: 1 },
    hint: 'Give one of them another id or namespace, or remove it.',
  };
  return { kind: 'invalid', file: file.file, diagnostics: [diagnostic] };
}

function print(terminal: Terminal, results: readonly FileResult[], options: Options): void {
  const invalid = results.filter(({ kind }) => kind === 'invalid').length;
  switch (formatOf(options)) {
    case 'json':
      printJson(terminal, { dryRun: options.dryRun === true, files: results });
      break;
    case 'name':
      for (const { flow } of results) if (flow !== undefined) terminal.out(`${flow}\n`);
      break;
    case 'table':
      for (const result of results) terminal.out(`${resultLine(result, terminal.color)}\n`);
      break;
  }
  printDiagnostics(results, terminal);
  if (results.length === 0) throw new CommandEnd(exitCodes.failed, 'There is no flow file there.');
  if (invalid === 0) return;
  throw new CommandEnd(
    exitCodes.failed,
    `${invalid} of ${counted(results.length, 'file')} invalid; nothing was deployed.`,
  );
}
