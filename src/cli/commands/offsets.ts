import type { Json } from '../../support/json.ts';
import type { ApiClient } from '../../http/client/api-client.ts';
import type { CliCommand } from '../command.ts';
import { CommandEnd, exitCodes } from '../exit.ts';
import { type OutputOptions, withOutput } from '../format/output.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import { type LagBody, type TopicBody, topicPath } from '../topic-bodies.ts';
import { printLag } from './topics.ts';

interface Options extends OutputOptions, ServerOption {
  readonly to: string;
  readonly partition?: string;
  readonly connection?: string;
}

export const offsets: CliCommand = {
  name: 'offsets',
  register(program, terminal) {
    const noun = program.command('offsets').description('Move consumer groups.');
    const command = noun
      .command('reset')
      .summary('move the offsets of a consumer group')
      .description(
        'Move the offsets of a consumer group whose consumers are stopped (`millrace triggers disable`). Records that are read again start nothing: a trigger knows them by their offsets.',
      )
      .argument('<group>', 'such as millrace.shop.orders.fulfil-order.orders')
      .argument('<topic>')
      .requiredOption('--to <place>', 'earliest, latest, or an offset')
      .option('--partition <n>', 'with an offset: only this one; default: all')
      .option('--connection <name>', 'under kafka.connections; default: default');
    withServer(withOutput(command)).action(
      async (group: string, topic: string, options: Options) => {
        const client = clientOf(options, terminal);
        const { connection } = options;
        const to = await placeOf(client, topic, options);
        const body = await client.request<LagBody>('POST', `${topicPath(topic)}/offsets`, {
          json: { group, to, ...(connection === undefined ? {} : { connection }) },
        });
        printLag(terminal, options, body);
      },
    );
  },
};

async function placeOf(
  client: ApiClient,
  topic: string,
  { to, partition, connection }: Options,
): Promise<Json> {
  if (to === 'earliest' || to === 'latest') {
    if (partition === undefined) return to;
    throw new CommandEnd(exitCodes.usage, '--partition goes with an offset.');
  }
  if (!/^\d{1,15}$/.test(to) || !/^\d{0,6}$/.test(partition ?? '')) {
    throw new CommandEnd(exitCodes.usage, '--to takes earliest, latest, or an offset from 0 on.');
  }
  if (partition !== undefined) return { [partition]: Number(to) };
  const body = await client.request<TopicBody>('GET', topicPath(topic), { query: { connection } });
  return Object.fromEntries(body.partitions.map((each) => [each.partition, Number(to)]));
}
