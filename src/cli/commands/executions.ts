import type { Command } from 'commander';
import type { ExecutionBody } from '../api-bodies.ts';
import type { CliCommand } from '../command.ts';
import { executionLogs } from '../execution-logs.ts';
import { executionColumns } from '../format/execution.ts';
import { nothingFound } from '../format/nothing.ts';
import { type OutputOptions, printListing, printOne, withOutput } from '../format/output.ts';
import { stateText } from '../format/state.ts';
import { oneLine } from '../format/text.ts';
import { executionPath } from '../reference.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import { printExecution } from '../shown-execution.ts';
import type { Terminal } from '../terminal.ts';

type Options = OutputOptions & ServerOption;

export const executions: CliCommand = {
  name: 'executions',
  register(program, terminal) {
    const noun = program
      .command('executions')
      .alias('x')
      .description('Look at executions, and end them.');
    list(noun, terminal);
    get(noun, terminal);
    executionLogs(noun, terminal);
    end(
      noun,
      terminal,
      'kill',
      'Interrupt its running tasks and end it as KILLED (Temporal: terminate).',
    );
    end(
      noun,
      terminal,
      'cancel',
      'Start no further task, let running ones end, end it as CANCELLED.',
    );
  },
};

interface ListOptions extends Options {
  readonly namespace?: string;
  readonly flow?: string;
  readonly state?: string;
  readonly label: readonly string[];
  readonly limit: string;
  readonly cursor?: string;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

interface ListBody {
  readonly executions: readonly ExecutionBody[];
  readonly cursor?: string;
}

function list(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('list')
    .alias('ls')
    .description('List executions, newest first.')
    .option('--namespace <name>', 'only of this namespace')
    .option('--flow <id>', 'only of this flow')
    .option('--state <state,…>', 'only in one of these states')
    .option('--label <name:value>', 'only with this label; may be repeated', collect, [])
    .option('--limit <n>', 'how many', '20')
    .option('--cursor <cursor>', 'go on behind a former page (its `cursor`)');
  withServer(withOutput(command)).action(async (options: ListOptions) => {
    const { namespace, flow, state, label, limit, cursor } = options;
    const query = { namespace, flow, state, label, limit, cursor };
    const client = clientOf(options, terminal);
    const body = await client.request<ListBody>('GET', '/api/v1/executions', { query });
    printListing(terminal, options, {
      body,
      rows: body.executions,
      name: ({ executionId }) => executionId,
      nothing: nothingFound('executions', {
        filters: [namespace, flow, state, ...label],
        advice: 'fire a webhook, or `millrace run NAMESPACE/FLOW`',
      }),
      columns: executionColumns(terminal.color),
      cursor: body.cursor,
    });
  });
}

interface GetOptions extends Options {
  readonly after?: string;
}

function get(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('get')
    .description('Show one execution with its task runs.')
    .argument('<execution>')
    .option('--after <n>', 'only task runs behind this number (the end of their ids)');
  withServer(withOutput(command)).action(async (id: string, options: GetOptions) => {
    const client = clientOf(options, terminal);
    const query = { after: options.after };
    const body = await client.request<ExecutionBody>('GET', executionPath(id), { query });
    await printExecution(terminal, options, body, client);
  });
}

interface EndOptions extends Options {
  readonly reason?: string;
}

function end(noun: Command, terminal: Terminal, verb: 'kill' | 'cancel', summary: string): void {
  const command = noun
    .command(verb)
    .description(summary)
    .argument('<execution>')
    .option('--reason <text>', 'kept with the execution');
  withServer(withOutput(command)).action(async (id: string, options: EndOptions) => {
    const { reason } = options;
    const body = await clientOf(options, terminal).request<{ readonly state: string }>(
      'POST',
      `${executionPath(id)}/${verb}`,
      { json: reason === undefined ? {} : { reason } },
    );
    printOne(terminal, options, {
      body,
      name: id,
      text: () => `${oneLine(id)} ${stateText(body.state, terminal.color)}\n`,
    });
  });
}
