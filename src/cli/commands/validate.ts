import type { FlowFile } from '../../flow/deployment.ts';
import type { Diagnostic } from '../../flow/diagnostic.ts';
import { hasErrors } from '../../flow/diagnostic.ts';
import type { CheckedFlow } from '../../flow/definition.ts';
import type { TaskExplanation } from '../../flow/explain.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { CliCommand } from '../command.ts';
import { readValidConfig } from '../configuration.ts';
import { CommandEnd, exitCodes } from '../exit.ts';
import { readFlowFiles } from '../flow-files.ts';
import { formatOf, type OutputOptions, printJson, withOutput } from '../format/output.ts';
import { paint } from '../format/state.ts';
import { counted } from '../format/text.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends OutputOptions {
  readonly explain?: boolean;
  readonly strict?: boolean;
  readonly github?: boolean;
  readonly config?: string;
}

interface Checked {
  readonly file: string;
  readonly flow: CheckedFlow | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export const validate: CliCommand = {
  name: 'validate',
  register(program, terminal) {
    const command = program
      .command('validate')
      .summary('check flow files, without a server')
      .description('Check flow files without a server. Ends with 1 when one has an error.')
      .argument('[paths...]', 'files and folders', ['flows'])
      .option('--explain', 'say of each task whether the executor or a worker runs it, and why')
      .option('--strict', 'warnings are errors')
      .option('--github', 'print findings as GitHub workflow commands')
      .option('--config <file>', 'configuration file, for its plugins');
    withOutput(command).action(async (paths: readonly string[], options: Options) => {
      const { loadCatalog } = await import('../../main.ts');
      const { config } = await readValidConfig(terminal, {}, options.config);
      const files = await Promise.all(paths.map((place) => readFlowFiles(place, terminal.folder)));
      const checked = await check(files.flat(), await loadCatalog(config), options);
      await print(terminal, checked, options);
      const invalid = checked.filter(({ diagnostics }) => hasErrors(diagnostics)).length;
      if (invalid > 0) {
        throw new CommandEnd(
          exitCodes.failed,
          `${invalid} of ${counted(checked.length, 'file')} invalid.`,
        );
      }
    });
  },
};

/** By the rules of a deployment, so that two files with one flow are found, too. */
async function check(
  files: readonly FlowFile[],
  catalog: Catalog,
  { strict = false }: Options,
): Promise<readonly Checked[]> {
  const { planDeployment } = await import('../../flow/deployment.ts');
  const { FlowRegistry } = await import('../../flow/registry.ts');
  const plan = planDeployment(new FlowRegistry({ catalog }), files, { strict });
  return plan.map((change) => ({
    file: change.file,
    flow: change.kind === 'invalid' ? undefined : change.flow,
    diagnostics: change.diagnostics,
  }));
}

async function print(
  terminal: Terminal,
  checked: readonly Checked[],
  options: Options,
): Promise<void> {
  const { formatDiagnostics } = await import('../../flow/format-diagnostics.ts');
  const { explain } = await import('../../flow/explain.ts');
  const all = checked.flatMap(({ diagnostics }) => diagnostics);
  const explained = (flow: CheckedFlow | undefined): readonly TaskExplanation[] =>
    options.explain === true && flow !== undefined ? explain(flow) : [];
  if (options.github === true) {
    if (all.length > 0) terminal.out(`${formatDiagnostics(all, 'github')}\n`);
    return;
  }
  switch (formatOf(options)) {
    case 'json':
      printJson(terminal, { files: checked.map((one) => body(one, explained(one.flow))) });
      return;
    case 'name':
      for (const { flow } of checked) if (flow !== undefined) terminal.out(`${flow.key}\n`);
      break;
    case 'table':
      for (const one of checked) printFile(terminal, one, explained(one.flow));
      break;
  }
  if (all.length > 0) terminal.error(`${formatDiagnostics(all, 'pretty')}\n`);
}

function body({ file, flow, diagnostics }: Checked, tasks: readonly TaskExplanation[]) {
  const valid = !hasErrors(diagnostics);
  return { file, flow: flow?.key ?? null, valid, diagnostics, ...(tasks.length > 0 && { tasks }) };
}

function printFile(
  terminal: Terminal,
  { file, flow, diagnostics }: Checked,
  tasks: readonly TaskExplanation[],
): void {
  const bad = hasErrors(diagnostics);
  const word = paint((bad ? 'invalid' : 'valid').padEnd(9), bad ? 'red' : 'green', terminal.color);
  terminal.out(`${word} ${file}${flow === undefined ? '' : `  ${flow.key}`}\n`);
  for (const { id, type, depth, list, where, workerGroup, because } of tasks) {
    const place = where === 'worker' ? `worker (group ${workerGroup ?? 'default'})` : 'executor';
    const why = because.length === 0 ? '' : `, because ${because.join('; ')}`;
    const branch = list === 'tasks' ? '' : `${list}: `;
    terminal.out(`  ${'  '.repeat(depth)}${branch}${id} (${type}): ${place}${why}\n`);
  }
}
