import { version as number } from '../../support/version.ts';
import type { CliCommand } from '../command.ts';
import { formatOf, type OutputOptions, printJson, withOutput } from '../format/output.ts';

export const version: CliCommand = {
  name: 'version',
  register(program, terminal) {
    withOutput(
      program.command('version').description('Print the versions of Millrace and Node.'),
    ).action((options: OutputOptions) => {
      const body = { version: number, node: process.version };
      if (formatOf(options) === 'json') return printJson(terminal, body);
      terminal.out(`millrace ${number} (Node ${process.version})\n`);
    });
  },
};
