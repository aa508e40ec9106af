import type { Command } from 'commander';
import type { TriedTriggerBody, TriggerBody } from '../api-bodies.ts';
import type { CliCommand } from '../command.ts';
import { formatFacts } from '../format/facts.ts';
import { nothingFound } from '../format/nothing.ts';
import {
  formatOf,
  type OutputOptions,
  printJson,
  printListing,
  printOne,
  withOutput,
} from '../format/output.ts';
import { paint, stateText } from '../format/state.ts';
import { counted, oneLine, timeText } from '../format/text.ts';
import { triggerPath } from '../reference.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import type { Terminal } from '../terminal.ts';
import { decisions } from '../trigger-decisions.ts';

type Options = OutputOptions & ServerOption;

export const triggers: CliCommand = {
  name: 'triggers',
  register(program, terminal) {
    const noun = program
      .command('triggers')
      .description('Look at what starts executions, and switch it.');
    list(noun, terminal);
    show(noun, terminal);
    switched(noun, terminal, 'enable', 'Let it start executions again; ends a pause, too.');
    switched(noun, terminal, 'disable', 'Let it start nothing until it is enabled.');
    test(noun, terminal);
    decisions(noun, terminal);
  },
};

interface ListOptions extends Options {
  readonly namespace?: string;
  readonly flow?: string;
  readonly state?: string;
}

function list(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('list')
    .alias('ls')
    .description('List all triggers: state, lag, last and next fire, last error.')
    .option('--namespace <name>', 'only of this namespace')
    .option('--flow <id>', 'only of this flow')
    .option('--state <state,…>', 'only in one of these states, such as FAILING');
  withServer(withOutput(command)).action(async (options: ListOptions) => {
    const { namespace, flow, state } = options;
    const query = { namespace, flow, state };
    const body = await clientOf(options, terminal).request<{
      readonly triggers: readonly TriggerBody[];
    }>('GET', '/api/v1/triggers', { query });
    printListing(terminal, options, {
      body,
      rows: body.triggers,
      name: nameOf,
      nothing: nothingFound('triggers', {
        filters: [namespace, flow, state],
        advice: 'a flow has them under `triggers:`',
      }),
      columns: [
        { title: 'trigger', value: nameOf },
        { title: 'type', value: ({ type }) => type },
        {
          title: 'state',
          value: ({ state: one }) => one,
          paint: (text) => stateText(text, terminal.color),
        },
        { title: 'lag', value: ({ lag }) => (lag === null ? '' : String(lag)), align: 'right' },
        { title: 'last fire', value: ({ lastFire }) => toSecond(lastFire) },
        { title: 'next fire', value: ({ nextFire }) => toSecond(nextFire) },
        { title: 'process', value: placeOf },
        { title: 'why', value: whyOf },
      ],
    });
  });
}

function show(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('show')
    .alias('get')
    .description('Show one trigger: what it does, and in which processes.')
    .argument('<namespace/flow/trigger>');
  withServer(withOutput(command)).action(async (text: string, options: Options) => {
    const body = await clientOf(options, terminal).request<TriggerBody>('GET', triggerPath(text));
    printOne(terminal, options, { body, name: nameOf(body), text: () => shownText(body) });
  });
}

function switched(
  noun: Command,
  terminal: Terminal,
  verb: 'enable' | 'disable',
  summary: string,
): void {
  const command = noun.command(verb).description(summary).argument('<namespace/flow/trigger>');
  withServer(withOutput(command)).action(async (text: string, options: Options) => {
    const path = `${triggerPath(text)}/${verb}`;
    const body = await clientOf(options, terminal).request<TriggerBody>('POST', path);
    printOne(terminal, options, {
      body,
      name: nameOf(body),
      // It takes a moment until the process that runs it has seen it.
      text: () => `${oneLine(nameOf(body))} ${verb}d\n`,
    });
  });
}

function test(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('test')
    .description('Show what it sees now, and what that would start; nothing is started.')
    .argument('<namespace/flow/trigger>');
  withServer(withOutput(command)).action(async (text: string, options: Options) => {
    const path = `${triggerPath(text)}/test`;
    const body = await clientOf(options, terminal).request<TriedTriggerBody>('POST', path);
    if (formatOf(options) !== 'table') return printJson(terminal, body);
    for (const line of triedLines(body, terminal.color)) terminal.out(`${line}\n`);
  });
}

function triedLines({ events, isCut, dueTimes }: TriedTriggerBody, color: boolean): string[] {
  const lines = dueTimes === undefined ? [] : dueLines(dueTimes);
  if (events.length === 0 && dueTimes === undefined) lines.push('It sees no event now.');
  for (const { outcome, trigger, inputs, labels, idempotencyKey, reason, message } of events) {
    const style = outcome === 'would-start' ? 'green' : outcome === 'refused' ? 'red' : 'yellow';
    const why = reason === undefined ? '' : ` ${oneLine(`${reason}: ${message ?? ''}`)}`;
    lines.push(`${paint(outcome, style, color)}${why}`);
    lines.push(valueLine('trigger', trigger));
    if (inputs !== undefined) lines.push(valueLine('inputs', inputs));
    if (labels !== undefined && Object.keys(labels).length > 0) {
      lines.push(valueLine('labels', labels));
    }
    if (idempotencyKey !== undefined) lines.push(valueLine('key', idempotencyKey));
  }
  if (isCut) lines.push(`Only the first ${counted(events.length, 'event')} are shown.`);
  return lines;
}

function dueLines(dueTimes: readonly string[]): string[] {
  if (dueTimes.length === 0) return ['It is never due again.'];
  return dueTimes.map(
    (time, index) => `${index === 0 ? 'next due' : '    then'}  ${oneLine(time)}`,
  );
}

function valueLine(name: string, value: unknown): string {
  return `  ${name.padEnd(8)} ${oneLine(JSON.stringify(value))}`;
}

function shownText(body: TriggerBody): string {
  return formatFacts([
    ['trigger', nameOf(body)],
    ['type', `${body.type} (${body.kind})`],
    ['revision', String(body.revision)],
    ['state', body.state],
    ['why', body.message ?? ''],
    ['lag', body.lag === null ? '' : String(body.lag)],
    ['last fire', timeText(body.lastFire)],
    ['next fire', timeText(body.nextFire)],
    ['last error', errorOf(body)],
    ...body.processes.map((one): readonly [string, string] => ['process', processText(one)]),
  ]);
}

/** Where it runs: its owner, or how many processes share a stream. */
function placeOf({ processes }: TriggerBody): string {
  const [only, ...others] = processes;
  if (only === undefined) return '';
  if (others.length > 0) return `${processes.length} processes`;
  return `${only.host ?? '?'}:${only.processId ?? '?'}`;
}

function processText({
  process,
  host,
  processId,
  state,
}: TriggerBody['processes'][number]): string {
  const place = host === null ? 'an unknown host' : `${host}, pid ${processId ?? '?'}`;
  return `${process} on ${place}: ${state}`;
}

function errorOf({ lastError }: TriggerBody): string {
  return lastError === null ? '' : `${timeText(lastError.time)} ${lastError.message}`;
}

function whyOf(trigger: TriggerBody): string {
  return trigger.message ?? errorOf(trigger);
}

function toSecond(time: string | null): string {
  return timeText(time).replace(/\.\d+$/, '');
}

function nameOf({ namespace, flow, trigger }: TriggerBody): string {
  return `${namespace}/${flow}/${trigger}`;
}
