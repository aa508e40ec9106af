import { allInOne } from '../all-in-one.ts';
import type { CliCommand } from '../command.ts';

export const dev: CliCommand = {
  name: 'dev',
  register(program, terminal) {
    allInOne(program, terminal, {
      name: 'dev',
      summary: 'run everything in one process; flow files are deployed as they are saved',
    });
  },
};
