import { InvalidArgumentError } from 'commander';
import { formatEvent } from '../../engine/compact-log.ts';
import type { ApiClient } from '../../http/client/api-client.ts';
import { parseDuration } from '../../support/duration.ts';
import type { ExecutionBody, StartedBody } from '../api-bodies.ts';
import type { CliCommand } from '../command.ts';
import { failUnlessSuccessful, followExecution } from '../follow.ts';
import { formatOf, type OutputOptions, printJson, withOutput } from '../format/output.ts';
import { stateText } from '../format/state.ts';
import { readLabels, readPairs } from '../pairs.ts';
import { flowReference } from '../reference.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import { printExecution } from '../shown-execution.ts';
import { sayTo, type Terminal } from '../terminal.ts';

interface Options extends OutputOptions, ServerOption {
  readonly input: readonly string[];
  readonly label: readonly string[];
  readonly idempotencyKey?: string;
  readonly wait?: boolean;
  readonly follow?: boolean;
  readonly timeout?: number;
}

export const run: CliCommand = {
  name: 'run',
  register(program, terminal) {
    const command = program
      .command('run')
      .summary('start an execution of a flow')
      .description(
        'Start an execution of a flow. With --wait or --follow the command ends with it: 0 when it succeeded, 1 when it failed.',
      )
      .argument('<namespace/flow>')
      .option(
        '--input <pair...>',
        'name=text, read as the type of the input, name:=json, name=@file or name:=@file',
        [],
      )
      .option('--label <pair...>', 'name=text', [])
      .option('--idempotency-key <key>', 'a repeated run with this key gives the same execution')
      .option('--wait', 'wait until it has ended')
      .option('--follow', 'print its events while waiting')
      .option('--timeout <duration>', 'stop waiting after this, such as 5m; it goes on', duration);
    withServer(withOutput(command)).action(async (text: string, options: Options) => {
      const client = clientOf(options, terminal);
      const started = await start(client, text, options, terminal);
      if (options.wait !== true && options.follow !== true) {
        return printStarted(terminal, options, started);
      }
      const ended = await waitFor(client, started.executionId, options, terminal);
      await printExecution(terminal, options, ended, client);
      failUnlessSuccessful(ended);
    });
  },
};

async function start(
  client: ApiClient,
  text: string,
  options: Options,
  { folder }: Terminal,
): Promise<StartedBody> {
  const { namespace, id } = flowReference(text);
  const { idempotencyKey } = options;
  const { inputs, texts } = await readPairs(options.input, folder);
  const labels = readLabels(options.label);
  const path = `/api/v1/executions/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}`;
  return client.request<StartedBody>('POST', path, {
    // A server of before `texts` takes what it knows.
    json: { inputs, labels, ...(Object.keys(texts).length === 0 ? {} : { texts }) },
    ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
  });
}

function printStarted(terminal: Terminal, options: OutputOptions, started: StartedBody): void {
  const { executionId, state } = started;
  switch (formatOf(options)) {
    case 'json':
      return printJson(terminal, started);
    case 'name':
      return terminal.out(`${executionId}\n`);
    case 'table':
      // The id alone is the data: `id=$(millrace run …)`.
      terminal.out(`${executionId}\n`);
      return terminal.error(
        `${stateText(state, terminal.color)}; see it with \`millrace executions get ${executionId}\`.\n`,
      );
  }
}

async function waitFor(
  client: ApiClient,
  id: string,
  { follow, timeout }: Options,
  terminal: Terminal,
): Promise<ExecutionBody> {
  return followExecution(client, id, {
    timeoutMs: timeout,
    say: sayTo(terminal),
    onEvent: (record) => {
      // The result is the data; what leads to it goes beside.
      if (follow === true) terminal.error(`${formatEvent(record.event, record)}\n`);
    },
  });
}

function duration(text: string): number {
  const value = parseDuration(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError('It must be a duration such as 30s, 5m or 1h.');
}
