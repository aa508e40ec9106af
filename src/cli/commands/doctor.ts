import { formatProblem } from '../../config/problems.ts';
import { type ApiClient, ServerProblem, ServerUnreachable } from '../../http/client/api-client.ts';
import type { Finding } from '../../main.ts';
import { version } from '../../support/version.ts';
import type { CliCommand } from '../command.ts';
import { readConfig } from '../configuration.ts';
import { CommandEnd, exitCodes } from '../exit.ts';
import { formatOf, type OutputOptions, printJson, withOutput } from '../format/output.ts';
import { paint } from '../format/state.ts';
import { counted, oneLine } from '../format/text.ts';
import { clientOf, type ServerOption, withServer } from '../server.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends OutputOptions, ServerOption {
  readonly config?: string;
}

/** Brokers that do not answer are waited for this long, ms. */
const WAIT_MS = 15_000;
/** A request to a process on this machine takes milliseconds; more is no measure of its clock. */
const CLOCK_SKEW_MAX_MS = 1_500;

export const doctor: CliCommand = {
  name: 'doctor',
  register(program, terminal) {
    const command = program
      .command('doctor')
      .description(
        'Look at everything that Millrace needs and say what is wrong, and what to do. Changes nothing.',
      )
      .option('--config <file>', 'configuration file (default: millrace.yaml, where there is one)');
    withServer(withOutput(command)).action(async (options: Options) => {
      const findings = await examineAll(terminal, options);
      print(terminal, findings, options);
      const problems = findings.filter(({ level }) => level === 'problem').length;
      if (problems > 0) throw new CommandEnd(exitCodes.failed, `${counted(problems, 'problem')}.`);
    });
  },
};

async function examineAll(terminal: Terminal, options: Options): Promise<readonly Finding[]> {
  const { examine } = await import('../../main.ts');
  const versions: Finding = {
    level: 'ok',
    subject: 'versions',
    message: `Millrace ${version}, Node ${process.version}`,
  };
  const server = await examineServer(clientOf(options, terminal));
  try {
    const { config, problems } = await readConfig(terminal, {}, options.config);
    const configured: readonly Finding[] = problems.map((problem) => ({
      level: 'problem',
      subject: 'configuration',
      message: formatProblem(problem),
      advice: 'See docs/configuration.md.',
    }));
    const good: Finding = { level: 'ok', subject: 'configuration', message: 'is valid' };
    const outside = await examine(config, AbortSignal.timeout(WAIT_MS));
    return [versions, ...(configured.length > 0 ? configured : [good]), ...outside, ...server];
  } catch (error) {
    // A plugin whose manifest does not read: nothing that stands on the configuration can be looked at.
    const message = error instanceof Error ? error.message : String(error);
    const advice = 'Mend the plugin, or take it out of plugins[].';
    return [versions, { level: 'problem', subject: 'plugins', message, advice }, ...server];
  }
}

async function examineServer(client: ApiClient): Promise<readonly Finding[]> {
  const subject = `server ${client.server}`;
  try {
    const document = await client.request<OpenApiHead>('GET', '/api/openapi.json');
    const theirs = document.info?.version ?? 'unknown';
    const clock = examineClock(await client.timeOf(), Date.now());
    if (theirs === version) return [{ level: 'ok', subject, message: 'answers' }, ...clock];
    const message = `has version ${theirs}, this command ${version}`;
    const advice = 'Use the same version on both sides.';
    return [{ level: 'warning', subject, message, advice }, ...clock];
  } catch (error) {
    if (error instanceof ServerUnreachable) {
      return [{ level: 'ok', subject, message: 'none is running there' }];
    }
    if (!(error instanceof ServerProblem)) throw error;
    const advice = 'Something else answers there: name the server with --server.';
    return [{ level: 'problem', subject, message: error.message, advice }];
  }
}

interface OpenApiHead {
  readonly info?: { readonly version?: string };
}

function examineClock(theirsMs: number | undefined, oursMs: number): readonly Finding[] {
  if (theirsMs === undefined) return [];
  const skewMs = theirsMs - oursMs;
  if (Math.abs(skewMs) <= CLOCK_SKEW_MAX_MS) return [];
  const message = `the server’s is ${(skewMs / 1_000).toFixed(1)} s ${skewMs > 0 ? 'ahead' : 'behind'}`;
  const advice = 'Synchronise the clocks (NTP).';
  return [{ level: 'warning', subject: 'clock', message, advice }];
}

const styles = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

function print(terminal: Terminal, findings: readonly Finding[], options: OutputOptions): void {
  switch (formatOf(options)) {
    case 'json':
      return printJson(terminal, { findings });
    case 'name':
      for (const { level, subject } of findings) if (level !== 'ok') terminal.out(`${subject}\n`);
      return;
    case 'table':
      for (const { level, subject, message, advice } of findings) {
        const word = paint(level.padEnd(7), styles[level], terminal.color);
        terminal.out(`${word} ${oneLine(subject)}: ${oneLine(message)}\n`);
        if (advice !== undefined) terminal.out(`        ${oneLine(advice)}\n`);
      }
  }
}
