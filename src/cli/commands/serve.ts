import { InvalidArgumentError } from 'commander';
import type { Role } from '../../main.ts';
import { nearest } from '../../support/nearest.ts';
import { flagsOf, serverOptions, type ServerOptions } from '../all-in-one.ts';
import type { CliCommand } from '../command.ts';
import { serve as runServer } from '../serving.ts';

interface Options extends ServerOptions {
  readonly roles: ReadonlySet<Role>;
  readonly flows?: string;
}

const knownRoles: readonly Role[] = ['api', 'executor', 'worker', 'trigger', 'indexer'];

export const serve: CliCommand = {
  name: 'serve',
  register(program, terminal) {
    const command = program
      .command('serve')
      .summary('run some roles on Kafka, as one process of many')
      .description(
        'Runs some roles on Kafka. Any number of processes share the work; any of them may end at any time.',
      )
      .requiredOption('--roles <role,…>', `any of ${knownRoles.join(', ')}`, rolesOf)
      .option('--flows <path>', 'folder or file of flows to deploy first; all of them or none');
    serverOptions(command).action(async (options: Options) => {
      await runServer(terminal, {
        roles: options.roles,
        flags: flagsOf(options),
        configFile: options.config,
        flows: options.flows,
        development: false,
        watch: false,
        logLevel: options.logLevel,
        ephemeral: false,
      });
    });
  },
};

function rolesOf(text: string): ReadonlySet<Role> {
  const roles = new Set<Role>();
  for (const word of text.split(',').map((part) => part.trim())) {
    const role = knownRoles.find((known) => known === word);
    if (role === undefined) {
      const meant = nearest(word, knownRoles);
      const hint =
        meant === undefined ? `known: ${knownRoles.join(', ')}` : `did you mean ${meant}?`;
      throw new InvalidArgumentError(`There is no role ${word}; ${hint}`);
    }
    roles.add(role);
  }
  return roles;
}
