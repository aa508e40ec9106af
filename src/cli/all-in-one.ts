import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LogThreshold, Role } from '../main.ts';
import { serve } from './serving.ts';
import type { Terminal } from './terminal.ts';

/** What {@link serverOptions} gives. */
export interface ServerOptions {
  readonly port?: string;
  readonly managementPort?: string;
  readonly brokers?: string;
  readonly dataFolder?: string;
  readonly config?: string;
  readonly logLevel?: LogThreshold;
}

interface Options extends ServerOptions {
  readonly ephemeral?: boolean;
  readonly flows?: string;
  readonly watch: boolean;
}

const DEFAULT_FLOWS = 'flows';
const ALL_IN_ONE: ReadonlySet<Role> = new Set(['api', 'executor', 'worker', 'trigger']);

/** `dev` and `start`: every role in one process, on the embedded log unless brokers are named. */
export function allInOne(
  program: Command,
  terminal: Terminal,
  { name, summary }: { readonly name: string; readonly summary: string },
): void {
  const command = program
    .command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`)
    .option('--ephemeral', 'keep nothing: the data folder is a temporary one')
    .option('--no-watch', 'do not deploy flow files as they are saved');
  serverOptions(command)
    .option(
      '--flows <path>',
      `folder or file of flows (default: ${DEFAULT_FLOWS}, where there is one)`,
    )
    .action(async (options: Options) => {
      const flows = options.flows ?? defaultFlows(terminal);
      await serve(terminal, {
        roles: ALL_IN_ONE,
        flags: flagsOf(options),
        configFile: options.config,
        flows,
        development: true,
        watch: options.watch,
        logLevel: options.logLevel,
        ephemeral: options.ephemeral === true,
      });
    });
}

/** The options that every server has. */
export function serverOptions(command: Command): Command {
  return command
    .option('--port <n>', 'port of the API and the page (default: 8484)', portText)
    .option('--management-port <n>', 'port of health and metrics (default: 8485)', portText)
    .option('--brokers <host:port,…>', 'Kafka brokers; without them the log is embedded')
    .option('--data-folder <path>', 'where the embedded log, views and large values lie')
    .option('--config <file>', 'configuration file (default: millrace.yaml, where there is one)')
    .addOption(
      new Option('--log-level <level>', 'lowest level of the server’s own log').choices([
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    );
}

export function flagsOf({ port, managementPort, brokers, dataFolder }: ServerOptions) {
  return {
    'http.port': { flag: '--port', value: port },
    'management.port': { flag: '--management-port', value: managementPort },
    'kafka.brokers': { flag: '--brokers', value: brokers },
    'data.folder': { flag: '--data-folder', value: dataFolder },
  };
}

function portText(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('It must be a port, 0 to 65535.');
}

function defaultFlows({ folder }: Terminal): string | undefined {
  return existsSync(path.join(folder, DEFAULT_FLOWS)) ? DEFAULT_FLOWS : undefined;
}
