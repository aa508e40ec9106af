import type { ApiClient } from '../http/client/api-client.ts';
import type { ExecutionBody } from './api-bodies.ts';
import { formatExecution } from './format/execution.ts';
import { formatOf, type OutputOptions, printJson } from './format/output.ts';
import { executionPath } from './reference.ts';
import type { Terminal } from './terminal.ts';

/** Answers that are read to show one execution to a person: the server gives 1,000 task runs each. */
const ANSWERS_MAX = 20;

/** Shows an execution: to a person with all its task runs, to a program as the server has answered. */
export async function printExecution(
  terminal: Terminal,
  options: OutputOptions,
  body: ExecutionBody,
  client: ApiClient,
): Promise<void> {
  const format = formatOf(options);
  if (format === 'json') {
    printJson(terminal, body);
  } else if (format === 'name') {
    terminal.out(`${body.executionId}\n`);
  } else {
    const whole = await withMoreRuns(body, client);
    terminal.out(formatExecution(whole, terminal.color));
    if (whole.next !== undefined) terminal.error(`More task runs: --after ${whole.next}\n`);
  }
}

/** With the task runs that follow in further answers; still a `next` when there are very many. */
async function withMoreRuns(body: ExecutionBody, client: ApiClient): Promise<ExecutionBody> {
  const taskRuns = [...(body.taskRuns ?? [])];
  let { next } = body;
  for (let answers = 1; answers < ANSWERS_MAX && next !== undefined; answers += 1) {
    const query = { after: String(next) };
    const path = executionPath(body.executionId);
    const more = await client.request<ExecutionBody>('GET', path, { query });
    taskRuns.push(...(more.taskRuns ?? []));
    ({ next } = more);
  }
  const { next: _, ...rest } = body;
  return next === undefined ? { ...rest, taskRuns } : { ...rest, taskRuns, next };
}
