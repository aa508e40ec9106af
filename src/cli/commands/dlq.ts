import type { Command } from 'commander';
import type { ApiClient, Query } from '../../http/client/api-client.ts';
import type { DeadLetterBody, ShownDeadLetterBody } from '../api-bodies.ts';
import type { CliCommand } from '../command.ts';
import { CommandEnd, exitCodes } from '../exit.ts';
import { formatFacts } from '../format/facts.ts';
import {
  formatOf,
  type OutputOptions,
  printListing,
  printOne,
  withOutput,
} from '../format/output.ts';
import type { Column } from '../format/table.ts';
import { oneLine, printable, timeText } from '../format/text.ts';
import { resumedStream } from '../resumed-stream.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import { sinceArgument } from '../since.ts';
import { sayTo, type Terminal } from '../terminal.ts';

const path = '/api/v1/dlq';

export const dlq: CliCommand = {
  name: 'dlq',
  register(program, terminal) {
    const noun = program
      .command('dlq')
      .description('Look at what could not be processed, and why.');
    list(noun, terminal);
    show(noun, terminal);
  },
};

interface ListOptions extends OutputOptions, ServerOption {
  readonly reason?: string;
  readonly since?: string;
  readonly follow?: boolean;
  readonly limit: string;
  readonly cursor?: string;
}

interface ListBody {
  readonly deadLetters: readonly DeadLetterBody[];
  readonly cursor?: string;
}

const columns: readonly Column<DeadLetterBody>[] = [
  { title: 'place', value: placeOf },
  { title: 'time', value: ({ time }) => timeText(time) },
  { title: 'reason', value: ({ reason }) => reason },
  { title: 'origin', value: originText },
  { title: 'flow', value: flowText },
  { title: 'message', value: ({ message }) => message },
];

function list(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('list')
    .alias('ls')
    .description(
      'List dead letters, newest first; with --follow the newest, then each as it comes.',
    )
    .option('--reason <reason>', 'only with this reason, such as inputs-invalid')
    .option(
      '--since <time>',
      'only since then: 10m, 2h, or a time such as 2026-01-31T08:00Z',
      sinceArgument,
    )
    .option('-f, --follow', 'go on with those that come, oldest first; Ctrl-C ends it')
    .option('--limit <n>', 'how many', '20')
    .option('--cursor <cursor>', 'go on behind a former page (its `cursor`)');
  withServer(withOutput(command)).action(async (options: ListOptions) => {
    const { reason, since, limit, cursor } = options;
    const client = clientOf(options, terminal);
    if (options.follow === true)
      return follow(client, { reason, since, last: limit }, options, terminal);
    const query = { reason, since, limit, cursor };
    const body = await client.request<ListBody>('GET', path, { query });
    printListing(terminal, options, {
      body,
      rows: body.deadLetters,
      name: placeOf,
      nothing: 'No dead letters.',
      columns,
      cursor: body.cursor,
    });
  });
}

async function follow(
  client: ApiClient,
  query: Query,
  options: ListOptions,
  terminal: Terminal,
): Promise<void> {
  const say = sayTo(terminal);
  for await (const { event, data } of resumedStream(client, path, { query, say })) {
    if (event === 'snapshot') continue;
    // The server streams nothing else here.
    const letter = JSON.parse(data) as DeadLetterBody;
    switch (formatOf(options)) {
      case 'json':
        terminal.out(`${data}\n`);
        break;
      case 'name':
        terminal.out(`${placeOf(letter)}\n`);
        break;
      case 'table':
        terminal.out(`${columns.map(({ value }) => oneLine(value(letter))).join('  ')}\n`);
    }
  }
}

function show(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('show')
    .description('Show one: why, where it came from, the whole record, and how to send it again.')
    .argument('<partition/offset>', 'as `dlq list` has it');
  withServer(withOutput(command)).action(async (place: string, options: ListOptions) => {
    if (!/^\d+\/\d+$/.test(place)) {
      throw new CommandEnd(exitCodes.usage, `A dead letter is named as 3/17, not ${place}.`);
    }
    const client = clientOf(options, terminal);
    const letter = await client.request<ShownDeadLetterBody>('GET', `${path}/${place}`);
    printOne(terminal, options, {
      body: letter,
      name: placeOf(letter),
      text: () => shownText(letter),
    });
  });
}

function shownText(letter: ShownDeadLetterBody): string {
  const { record, preview } = letter;
  const headers = Object.entries(record?.headers ?? {});
  const facts = formatFacts([
    ['place', placeOf(letter)],
    ['time', timeText(letter.time)],
    ['reason', letter.reason],
    ['message', letter.message],
    ['origin', originText(letter)],
    ['flow', flowText(letter)],
    ['execution', letter.execution ?? ''],
    ['key', record?.key ?? ''],
    ...headers.map(([name, value]) => ['header', `${name}: ${value}`] as const),
    ['again', letter.again],
  ]);
  const what = record === null ? 'Its beginning, as the dead letter has it:' : 'The record:';
  return `${facts}\n${what}\n${printable(record === null ? preview : (record.value ?? '(no value)'))}\n`;
}

function placeOf({ partition, offset }: DeadLetterBody): string {
  return `${partition}/${offset}`;
}

/** `starts/5 offset 9`, or offsets of a range. */
function originText({ origin, lastOffset }: DeadLetterBody): string {
  const { topic, partition, offset } = origin;
  const offsets = lastOffset === undefined ? `offset ${offset}` : `offsets ${offset}-${lastOffset}`;
  return `${topic}/${partition} ${offsets}`;
}

function flowText({ namespace, flow }: DeadLetterBody): string {
  return namespace === undefined || flow === undefined ? '' : `${namespace}/${flow}`;
}
