import { Option } from 'commander';
import { formatProblem } from '../../config/problems.ts';
import type { CliCommand } from '../command.ts';
import { readConfig } from '../configuration.ts';
import { CommandEnd, exitCodes } from '../exit.ts';

interface Options {
  readonly config?: string;
  readonly output: 'yaml' | 'json';
  readonly json?: boolean;
  readonly sources?: boolean;
  readonly showSecrets?: boolean;
}

export const config: CliCommand = {
  name: 'config',
  register(program, terminal) {
    const noun = program.command('config').description('Look at the configuration.');
    noun
      .command('print')
      .description(
        'Print every setting as it would stand in millrace.yaml: flags over environment over file over defaults.',
      )
      .addOption(
        new Option('-o, --output <format>', 'how it is printed')
          .choices(['yaml', 'json'])
          .default('yaml'),
      )
      .option('--json', 'the same as --output json')
      .option('--sources', 'say beside each value where it comes from')
      .option('--redacted', 'hide passwords and keys (this is the default)')
      .option('--show-secrets', 'print passwords and keys as they are')
      .option('--config <file>', 'configuration file (default: millrace.yaml, where there is one)')
      .action(async (options: Options) => {
        const { printConfig } = await import('../../config/print.ts');
        const loaded = await readConfig(terminal, {}, options.config);
        const format = options.json === true ? 'json' : options.output;
        const redacted = options.showSecrets !== true;
        const sources = options.sources === true;
        terminal.out(printConfig(loaded, { format, redacted, sources }));
        if (loaded.problems.length === 0) return;
        throw new CommandEnd(exitCodes.usage, loaded.problems.map(formatProblem).join('\n'));
      });
  },
};
