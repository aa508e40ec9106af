/** Every command of the command line: one file each in commands/. */
import type { CliCommand } from './command.ts';
import { apply } from './commands/apply.ts';
import { config } from './commands/config.ts';
import { dev } from './commands/dev.ts';
import { dlq } from './commands/dlq.ts';
import { doctor } from './commands/doctor.ts';
import { events } from './commands/events.ts';
import { executions } from './commands/executions.ts';
import { flows } from './commands/flows.ts';
import { offsets } from './commands/offsets.ts';
import { run } from './commands/run.ts';
import { serve } from './commands/serve.ts';
import { start } from './commands/start.ts';
import { topics } from './commands/topics.ts';
import { triggers } from './commands/triggers.ts';
import { validate } from './commands/validate.ts';
import { version } from './commands/version.ts';

/** In the order of the help. */
export const commands: readonly CliCommand[] = [
  start,
  dev,
  serve,
  validate,
  apply,
  run,
  executions,
  flows,
  triggers,
  events,
  dlq,
  topics,
  offsets,
  doctor,
  config,
  version,
];
