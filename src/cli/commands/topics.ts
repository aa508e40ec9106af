import type { Command } from 'commander';
import type { Query } from '../../http/client/api-client.ts';
import type { CliCommand } from '../command.ts';
import { type OutputOptions, printListing, withOutput } from '../format/output.ts';
import { timeText } from '../format/text.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import type { Terminal } from '../terminal.ts';
import { type LagBody, type TopicBody, topicPath, type TopicRecordBody } from '../topic-bodies.ts';

interface Options extends OutputOptions, ServerOption {
  readonly connection?: string;
  readonly internal?: boolean;
}

interface PeekOptions extends Options {
  readonly limit?: string;
  readonly partition?: string;
  readonly from?: string;
}

interface LagOptions extends Options {
  readonly group?: string;
}

export const topics: CliCommand = {
  name: 'topics',
  register(program, terminal) {
    const noun = program
      .command('topics')
      .description('Look at topics that triggers consume and tasks publish to.');
    list(noun, terminal);
    lag(noun, terminal);
    peek(noun, terminal);
  },
};

function withTopics(command: Command): Command {
  return withServer(withOutput(command)).option(
    '--connection <name>',
    'under kafka.connections; default: Millrace’s own brokers, or the embedded topics',
  );
}

function queryOf({ connection, internal }: Options): Query {
  return { connection, internal: internal === true ? 'true' : undefined };
}

function list(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('list')
    .alias('ls')
    .description('List topics and how many records they keep.')
    .option('--internal', 'Millrace’s own topics instead');
  withTopics(command).action(async (options: Options) => {
    const client = clientOf(options, terminal);
    const body = await client.request<{ readonly topics: readonly TopicBody[] }>(
      'GET',
      '/api/v1/topics',
      { query: queryOf(options) },
    );
    printListing(terminal, options, {
      body,
      rows: body.topics,
      name: ({ topic }) => topic,
      nothing:
        'No topics yet. An embedded one is made by `millrace events send --topic NAME --value TEXT`.',
      columns: [
        { title: 'topic', value: ({ topic }) => topic },
        { title: 'partitions', value: (row) => String(row.partitions.length), align: 'right' },
        { title: 'records', value: ({ records }) => String(records), align: 'right' },
        { title: 'id', value: ({ topicId }) => topicId ?? '' },
      ],
    });
  });
}

function lag(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('lag')
    .description('How far consumer groups are behind: what triggers have not taken yet.')
    .argument('<topic>')
    .option('--group <group>', 'only this one; default: all that have offsets of the topic');
  withTopics(command).action(async (topic: string, options: LagOptions) => {
    const client = clientOf(options, terminal);
    const query = { ...queryOf(options), group: options.group };
    const body = await client.request<LagBody>('GET', `${topicPath(topic)}/lag`, { query });
    printLag(terminal, options, body);
  });
}

/** A row for each partition of each consumer group. */
export function printLag(terminal: Terminal, options: OutputOptions, body: LagBody): void {
  const rows = body.groups.flatMap(({ group, partitions }) => {
    return partitions.map((partition) => ({ group, ...partition }));
  });
  printListing(terminal, options, {
    body,
    rows,
    name: ({ group, partition }) => `${group}/${partition}`,
    nothing: `No consumer group has offsets of ${body.topic}.`,
    columns: [
      { title: 'group', value: ({ group }) => group },
      { title: 'partition', value: ({ partition }) => String(partition), align: 'right' },
      { title: 'committed', value: (row) => String(row.committed ?? ''), align: 'right' },
      { title: 'end', value: ({ end }) => String(end), align: 'right' },
      { title: 'lag', value: (row) => String(row.lag), align: 'right' },
    ],
  });
}

function peek(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('peek')
    .description('Print the newest records of a topic, oldest first. Nothing is consumed.')
    .argument('<topic>')
    .option('--limit <n>', 'how many', '10')
    .option('--partition <n>', 'only this one')
    .option('--from <offset>', 'from this offset on; needs --partition')
    .option('--internal', 'one of Millrace’s own topics, such as events');
  withTopics(command).action(async (topic: string, options: PeekOptions) => {
    const client = clientOf(options, terminal);
    const { limit, partition, from } = options;
    const query = { ...queryOf(options), limit, partition, from };
    const body = await client.request<{ readonly records: readonly TopicRecordBody[] }>(
      'GET',
      `${topicPath(topic)}/records`,
      { query },
    );
    printListing(terminal, options, {
      body,
      rows: body.records,
      name: ({ partition: at, offset }) => `${at}/${offset}`,
      nothing:
        from === undefined
          ? 'The topic is empty.'
          : `There is nothing from offset ${from} of partition ${partition ?? ''} on.`,
      columns: [
        { title: 'place', value: (row) => `${row.partition}/${row.offset}` },
        { title: 'time', value: ({ time }) => timeText(time) },
        { title: 'key', value: ({ key }) => key ?? '' },
        { title: 'value', value: ({ value }) => value ?? '(none)' },
      ],
    });
  });
}
