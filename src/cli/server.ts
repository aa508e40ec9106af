import type { Command } from 'commander';
import { ApiClient } from '../http/client/api-client.ts';
import { CommandEnd, exitCodes } from './exit.ts';
import type { Terminal } from './terminal.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8484';

export interface ServerOption {
  readonly server?: string;
}

/** Adds `--server` to a command that talks to a running process. */
export function withServer(command: Command): Command {
  return command.option(
    '--server <url>',
    `address of a running process (default: MILLRACE_SERVER, ${DEFAULT_SERVER})`,
  );
}

export function clientOf({ server }: ServerOption, { environment }: Terminal): ApiClient {
  const given = environment['MILLRACE_SERVER'];
  const address = server ?? (given === undefined || given === '' ? DEFAULT_SERVER : given);
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new CommandEnd(
      exitCodes.usage,
      `The server's address is a URL such as ${DEFAULT_SERVER}, not ${address}.`,
    );
  }
  return new ApiClient(address);
}
