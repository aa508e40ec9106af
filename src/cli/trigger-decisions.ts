import type { Command } from 'commander';
import type { ApiClient, Query } from '../http/client/api-client.ts';
import type { DecisionBody } from './api-bodies.ts';
import { nothingFound } from './format/nothing.ts';
import { formatOf, type OutputOptions, printListing, withOutput } from './format/output.ts';
import { oneLine, timeText } from './format/text.ts';
import { Patience } from './patience.ts';
import { triggerPath } from './reference.ts';
import { clientOf, type ServerOption, withServer } from './server.ts';
import { sayTo, type Terminal } from './terminal.ts';

interface Options extends OutputOptions, ServerOption {
  readonly limit: string;
  readonly reason?: string;
  readonly follow?: boolean;
}

interface DecisionsBody {
  readonly decisions: readonly DecisionBody[];
  readonly cursor: string;
}

/** `triggers decisions`: why events started nothing. */
export function decisions(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('decisions')
    .description('Show why events started no execution, the newest last.')
    .argument('[namespace/flow/trigger]', 'only of this trigger')
    .option('--limit <n>', 'how many', '50')
    .option('--reason <reason>', 'only with this reason, such as filtered')
    .option('-f, --follow', 'go on with those that come; Ctrl-C ends it');
  withServer(withOutput(command)).action(async (text: string | undefined, options: Options) => {
    const client = clientOf(options, terminal);
    const path = text === undefined ? '/api/v1/decisions' : `${triggerPath(text)}/decisions`;
    const { limit, reason } = options;
    const body = await client.request<DecisionsBody>('GET', path, { query: { limit, reason } });
    if (options.follow === true) {
      printLines(terminal, options, body.decisions);
      return follow(client, path, body.cursor, { terminal, options });
    }
    printListing(terminal, options, {
      body,
      rows: body.decisions,
      name: nameOf,
      nothing: nothingFound('decisions', {
        filters: [text, reason],
        advice: 'every event that came started an execution',
      }),
      columns: [
        { title: 'time', value: ({ time }) => timeText(time) },
        { title: 'trigger', value: nameOf },
        { title: 'reason', value: ({ reason: one }) => one },
        { title: 'count', value: ({ count }) => String(count), align: 'right' },
        { title: 'about', value: originOf },
        { title: 'message', value: ({ message }) => message },
      ],
    });
  });
}

async function follow(
  client: ApiClient,
  path: string,
  cursor: string,
  { terminal, options }: { readonly terminal: Terminal; readonly options: Options },
): Promise<never> {
  const patience = new Patience(sayTo(terminal));
  const { reason } = options;
  let after = cursor;
  patience.there();
  for (;;) {
    await patience.again();
    try {
      const query: Query = { after, reason };
      const body = await client.request<DecisionsBody>('GET', path, { query });
      patience.there();
      after = body.cursor;
      printLines(terminal, options, body.decisions);
    } catch (error) {
      await patience.after(error);
    }
  }
}

/** One line each, as they come: columns of what is not there yet cannot be aligned. */
function printLines(terminal: Terminal, options: Options, all: readonly DecisionBody[]): void {
  for (const decision of all) {
    const { time, reason, message, count } = decision;
    const times = count > 1 ? ` (×${count})` : '';
    const line =
      formatOf(options) === 'json'
        ? JSON.stringify(decision)
        : `${timeText(time)} ${oneLine(`${nameOf(decision)} ${reason}${times}: ${message}`)}`;
    terminal.out(`${line}\n`);
  }
}

/** Where the event lay; nothing for one that came from no log. */
function originOf({ origin: { topic, partition, offset } }: DecisionBody): string {
  return offset === 0 && partition === 0 ? topic : `${topic}/${partition}/${offset}`;
}

function nameOf({ namespace, flow, trigger }: DecisionBody): string {
  return `${namespace}/${flow}${trigger === null ? '' : `/${trigger}`}`;
}
