/** Every command of the command line: one file each in commands/. */
import type { CliCommand } from './command.ts';
import { dev } from './commands/dev.ts';
import { serve } from './commands/serve.ts';
import { start } from './commands/start.ts';

export const commands: readonly CliCommand[] = [dev, start, serve];
