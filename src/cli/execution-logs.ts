/** `millrace executions logs`: what an execution's tasks have logged, and log. */
import { type Command, Option } from 'commander';
import type { ApiClient, Query } from '../http/client/api-client.ts';
import { taskLabel } from '../model/iterations.ts';
import { logLevels } from '../model/records.ts';
import type { ExecutionBody, LogLineBody } from './api-bodies.ts';
import { failUnlessSuccessful } from './follow.ts';
import { formatOf, type OutputOptions, printJson, withOutput } from './format/output.ts';
import { oneLine, timeText } from './format/text.ts';
import { executionPath } from './reference.ts';
import { resumedStream } from './resumed-stream.ts';
import { clientOf, type ServerOption, withServer } from './server.ts';
import { sinceArgument } from './since.ts';
import { sayTo, type Terminal } from './terminal.ts';

interface Options extends OutputOptions, ServerOption {
  readonly follow?: boolean;
  readonly task?: string;
  readonly level?: string;
  readonly since?: string;
}

export function executionLogs(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('logs')
    .summary('print what its tasks have logged')
    .description(
      'Print what its tasks have logged. With --follow also what they log from now on: the command then ends with the execution, with 0 when it succeeded and 1 when it failed.',
    )
    .argument('<execution>')
    .option('-f, --follow', 'go on until the execution has ended')
    .option('--task <id>', 'only lines of this task')
    .addOption(new Option('--level <level>', 'only this level and above').choices(logLevels))
    .option(
      '--since <time>',
      'only lines since then: 10m, 2h, or a time such as 2026-01-31T08:00Z',
      sinceArgument,
    );
  withServer(withOutput(command)).action(async (id: string, options: Options) => {
    const client = clientOf(options, terminal);
    const { task, level, since } = options;
    const query = { task, level, since };
    if (options.follow === true) return follow(client, id, query, options, terminal);
    const isJson = formatOf(options) === 'json';
    const lines: LogLineBody[] = [];
    for await (const page of pages(client, id, query)) {
      if (isJson) lines.push(...page);
      else terminal.out(page.map(lineText).join(''));
    }
    if (isJson) printJson(terminal, { lines });
  });
}

interface LinesBody {
  readonly lines: readonly LogLineBody[];
  readonly next?: number;
}

/** As many lines as one request gives. */
const LINES_PAGE = 1_000;

async function* pages(
  client: ApiClient,
  id: string,
  query: Query,
): AsyncGenerator<readonly LogLineBody[], void, undefined> {
  let next: number | undefined;
  do {
    const after = next === undefined ? undefined : String(next);
    const page = { ...query, after, limit: String(LINES_PAGE) };
    const body = await client.request<LinesBody>('GET', `${executionPath(id)}/logs`, {
      query: page,
    });
    yield body.lines;
    next = body.next;
  } while (next !== undefined);
}

async function follow(
  client: ApiClient,
  id: string,
  query: Query,
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const isJson = formatOf(options) === 'json';
  const say = sayTo(terminal);
  for await (const { event, data } of resumedStream(client, `${executionPath(id)}/logs`, {
    query,
    say,
  })) {
    // What the server streams here: lines, and one end.
    if (event === 'line') {
      terminal.out(isJson ? `${data}\n` : lineText(JSON.parse(data) as LogLineBody));
    } else if (event === 'end') {
      const { complete } = JSON.parse(data) as { readonly complete: boolean };
      if (!complete) say(`Lines that came too late may be missing: millrace executions logs ${id}`);
      break;
    }
  }
  failUnlessSuccessful(await client.request<ExecutionBody>('GET', executionPath(id)));
}

function lineText({ time, level, task, iterations, message }: LogLineBody): string {
  const where = taskLabel(task, iterations);
  return `${timeText(time)} ${level.padEnd(5)} ${where}: ${oneLine(message)}\n`;
}
