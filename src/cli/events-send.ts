import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandEnd, exitCodes } from './exit.ts';
import { formatOf, type OutputOptions, printJson, withOutput } from './format/output.ts';
import { oneLine } from './format/text.ts';
import { readLabels } from './pairs.ts';
import { clientOf, type ServerOption, withServer } from './server.ts';
import type { Terminal } from './terminal.ts';
import { type PublishedBody, topicPath } from './topic-bodies.ts';

interface Options extends OutputOptions, ServerOption {
  readonly topic: string;
  readonly key?: string;
  readonly value?: string;
  readonly file?: string;
  readonly tombstone?: boolean;
  readonly header: readonly string[];
  readonly partition?: number;
  readonly connection?: string;
}

/** `millrace events send`: a record for a topic that flows listen on. */
export function addEventsSend(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('send')
    .summary('publish a record to a topic')
    .description(
      'Publish a record to a topic, which starts the flows that listen on it: an embedded topic, which is made when it is not there, or one of Kafka.',
    )
    .requiredOption('--topic <topic>', 'where to')
    .option('--key <key>', 'decides the partition; default: none')
    .option('--value <text>', 'the value, as it is')
    .option('--file <file>', 'the value, from a file; any bytes')
    .option('--tombstone', 'a record without a value')
    .option('--header <pair...>', 'name=text', [])
    .option('--partition <n>', 'instead of the one that the key decides', partition)
    .option('--connection <name>', 'under kafka.connections; default: default');
  withServer(withOutput(command)).action(async (options: Options) => {
    const { topic, key, connection } = options;
    const client = clientOf(options, terminal);
    const published = await client.request<PublishedBody>('POST', topicPath(topic), {
      json: {
        ...(await valueOf(options, terminal)),
        headers: readLabels(options.header),
        ...(key === undefined ? {} : { key }),
        ...(options.partition === undefined ? {} : { partition: options.partition }),
        ...(connection === undefined ? {} : { connection }),
      },
    });
    if (formatOf(options) === 'json') return printJson(terminal, published);
    const place = `${oneLine(published.topic)}/${published.partition}`;
    terminal.out(`${place} offset ${published.offset}\n`);
  });
}

async function valueOf({ value, file, tombstone }: Options, { folder }: Terminal) {
  const given = [value, file, tombstone].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw new CommandEnd(exitCodes.usage, 'Give one of --value, --file and --tombstone.');
  }
  if (value !== undefined) return { value };
  if (file === undefined) return { value: null };
  try {
    const bytes = await readFile(path.resolve(folder, file));
    return { value: bytes.toString('base64'), encoding: 'base64' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandEnd(exitCodes.usage, `${file} cannot be read: ${reason}`);
  }
}

function partition(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number from 0 on.');
}
