import { Command, CommanderError } from 'commander';
import { ServerProblem, ServerUnreachable } from '../http/client/api-client.ts';
import { FatalError, RejectedError, RetryableError, TerminalError } from '../model/errors.ts';
import { version } from '../support/version.ts';
import { CommandEnd, exitCodes, type ExitCode } from './exit.ts';
import { printable } from './format/text.ts';
import { commands } from './registry.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line (without `node` and the file) and says how the process should end. */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    await createProgram(terminal).parseAsync([...words], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    const { exitCode, message } = endOf(error);
    if (message !== '') terminal.error(`${message}\n`);
    return exitCode;
  }
}

export function createProgram(terminal: Terminal): Command {
  const program = new Command('millrace')
    .description('Turns events into durable executions of YAML flows.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'say how a command is used')
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText('after', exitCodesHelp);
  settle(program, terminal);
  for (const command of commands) command.register(program, terminal);
  for (const command of descendants(program)) settle(command, terminal);
  return program;
}

const exitCodesHelp = `
Exit codes: 0 ok, 1 failed, 2 usage, 3 no server, 4 refused, 5 timed out, 130 interrupted.
Guide: docs/cli.md`;

function* descendants(command: Command): Iterable<Command> {
  for (const child of command.commands) {
    yield child;
    yield* descendants(child);
  }
}

/** Nothing but the process's entry ends the process. */
function settle(command: Command, terminal: Terminal): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text),
    writeErr: (text) => terminal.error(text),
    getOutHasColors: () => terminal.color,
    getErrHasColors: () => terminal.color,
  });
}

interface End {
  readonly exitCode: ExitCode;
  readonly message: string;
}

function endOf(error: unknown): End {
  if (error instanceof CommandEnd) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof CommanderError) {
    // commander has printed it; help that was asked for is no error.
    return { exitCode: error.exitCode === 0 ? exitCodes.ok : exitCodes.usage, message: '' };
  }
  if (error instanceof ServerUnreachable) {
    const hint =
      'Start one with `millrace start`, or name another with --server or MILLRACE_SERVER.';
    return { exitCode: exitCodes.unreachable, message: `${printable(error.message)}.\n${hint}` };
  }
  if (error instanceof ServerProblem) return problemEnd(error);
  if (error instanceof RetryableError) {
    return { exitCode: exitCodes.unreachable, message: ownMessage(error) };
  }
  if (
    error instanceof FatalError ||
    error instanceof TerminalError ||
    error instanceof RejectedError
  ) {
    const exitCode = wrongUses.has(error.code) ? exitCodes.usage : exitCodes.failed;
    return { exitCode, message: ownMessage(error) };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: exitCodes.failed,
    message: `This should not happen; please report it.\n${text}`,
  };
}

/** Faults of the command line and configuration that are seen only when roles are put together. */
const wrongUses: ReadonlySet<string> = new Set(['brokers-missing', 'roles-idle']);

function ownMessage({ message, code }: Error & { readonly code: string }): string {
  return `${printable(message)} [${code}]`;
}

const SERVICE_UNAVAILABLE = 503;

function problemEnd(problem: ServerProblem): End {
  const { status, code, retryAfterSeconds } = problem;
  const hint = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} s.`;
  const message = `${printable(problem.message)} [${code}]${hint}`;
  const away = status === SERVICE_UNAVAILABLE;
  return { exitCode: away ? exitCodes.unreachable : exitCodes.refused, message };
}
