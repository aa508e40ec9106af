import { formatEvent } from '../../engine/compact-log.ts';
import type { ApiClient, Query } from '../../http/client/api-client.ts';
import type { StreamedEvent } from '../../http/client/event-stream.ts';
import type { PublicRecord } from '../../model/records.ts';
import type { CliCommand } from '../command.ts';
import { addEventsSend } from '../events-send.ts';
import { followExecution, recordOf } from '../follow.ts';
import { stateText } from '../format/state.ts';
import { oneLine, timeText } from '../format/text.ts';
import { executionPath } from '../reference.ts';
import { resumedStream } from '../resumed-stream.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import { sayTo, type Terminal } from '../terminal.ts';

interface Options extends ServerOption {
  readonly public?: boolean;
  readonly json?: boolean;
  readonly last: string;
}

export const events: CliCommand = {
  name: 'events',
  register(program, terminal) {
    const noun = program.command('events').description('Look at what happens; send records.');
    const command = noun
      .command('tail')
      .description(
        'Print events as they happen, one line each, after the newest ones; Ctrl-C ends it.',
      )
      .argument('[execution]', 'only the events of this execution, from its first to its last')
      .option('--public', 'the public records of the topic executions (CloudEvents) instead')
      .option('--last <n>', 'how many events that have already happened come first', '20')
      .option('--json', 'one JSON object a line');
    addEventsSend(noun, terminal);
    withServer(command).action(async (execution: string | undefined, options: Options) => {
      const client = clientOf(options, terminal);
      if (execution !== undefined) return tailExecution(client, execution, options, terminal);
      return options.public === true
        ? tailPublic(client, options, terminal)
        : tailAll(client, options, terminal);
    });
  },
};

async function tailExecution(
  client: ApiClient,
  id: string,
  { json }: Options,
  terminal: Terminal,
): Promise<void> {
  // Asked first, so that an unknown id is said at once.
  await client.request('GET', executionPath(id));
  await followExecution(client, id, {
    say: sayTo(terminal),
    onEvent: (record) => {
      const line = json === true ? JSON.stringify(record) : formatEvent(record.event, record);
      terminal.out(`${line}\n`);
    },
  });
}

async function tailAll(
  client: ApiClient,
  { json, last }: Options,
  terminal: Terminal,
): Promise<void> {
  for await (const message of tail(client, { last }, terminal)) {
    const record = recordOf(message);
    if (record === undefined) continue;
    terminal.out(`${json === true ? message.data : formatEvent(record.event, record)}\n`);
  }
}

type Placed = PublicRecord & { readonly partition: number; readonly offset: number };

async function tailPublic(client: ApiClient, { json }: Options, terminal: Terminal): Promise<void> {
  for await (const { event, data } of tail(client, { public: 'true' }, terminal)) {
    if (event === 'snapshot') continue;
    // The server streams nothing else here.
    const record = JSON.parse(data) as Placed;
    terminal.out(json === true ? `${data}\n` : `${publicLine(record, terminal.color)}\n`);
  }
}

function tail(client: ApiClient, query: Query, terminal: Terminal): AsyncIterable<StreamedEvent> {
  return resumedStream(client, '/api/v1/events', { query, say: sayTo(terminal) });
}

/** `2026-01-31 01:59:00.123 fulfil-order … execution.ended SUCCESS` */
function publicLine({ type, seq, timeMs, data }: Placed, color: boolean): string {
  const kind = type.replace(/^dev\.millrace\.|\.v\d+$/g, '');
  const task = data.task === undefined ? '' : ` ${data.task.id}`;
  const flow = oneLine(`${data.namespace}/${data.flow}`);
  const time = timeText(new Date(timeMs).toISOString());
  const words = [time, flow, data.executionId, `#${seq}`, kind + oneLine(task)];
  return `${words.join('  ')}  ${stateText(data.state, color)}`;
}
