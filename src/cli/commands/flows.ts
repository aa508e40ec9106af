import type { Command } from 'commander';
import type { FlowBody } from '../api-bodies.ts';
import type { CliCommand } from '../command.ts';
import {
  formatOf,
  type OutputOptions,
  printJson,
  printListing,
  withOutput,
} from '../format/output.ts';
import { oneLine } from '../format/text.ts';
import { flowPath, flowReference } from '../reference.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import type { Terminal } from '../terminal.ts';

type Options = OutputOptions & ServerOption;

export const flows: CliCommand = {
  name: 'flows',
  register(program, terminal) {
    const noun = program.command('flows').description('Look at deployed flows.');
    list(noun, terminal);
    get(noun, terminal);
  },
};

function list(noun: Command, terminal: Terminal): void {
  const command = noun.command('list').alias('ls').description('List all flows.');
  withServer(withOutput(command)).action(async (options: Options) => {
    const client = clientOf(options, terminal);
    const body = await client.request<{ readonly flows: readonly FlowBody[] }>(
      'GET',
      '/api/v1/flows',
    );
    printListing(terminal, options, {
      body,
      rows: body.flows,
      name: nameOf,
      nothing: 'No flows yet: `millrace apply DIR` deploys them.',
      columns: [
        { title: 'flow', value: nameOf },
        { title: 'revision', value: ({ revision }) => String(revision), align: 'right' },
        { title: 'triggers', value: ({ triggers }) => triggers.map(({ id }) => id).join(', ') },
        { title: 'description', value: ({ description }) => description ?? '' },
      ],
    });
  });
}

function get(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('get')
    .description('Print the YAML source of a flow; with --json what the server knows of it.')
    .argument('<namespace/id>');
  withServer(withOutput(command)).action(async (text: string, options: Options) => {
    const client = clientOf(options, terminal);
    const path = flowPath(flowReference(text));
    const body = await client.request<FlowBody & { readonly source: string }>('GET', path);
    const format = formatOf(options);
    if (format === 'json') return printJson(terminal, body);
    if (format === 'name') return terminal.out(`${nameOf(body)}\n`);
    terminal.error(`${oneLine(nameOf(body))} revision ${body.revision}\n`);
    terminal.out(body.source.endsWith('\n') ? body.source : `${body.source}\n`);
  });
}

function nameOf({ namespace, id }: FlowBody): string {
  return `${namespace}/${id}`;
}
