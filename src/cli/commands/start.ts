import { allInOne } from '../all-in-one.ts';
import type { CliCommand } from '../command.ts';

export const start: CliCommand = {
  name: 'start',
  register(program, terminal) {
    allInOne(program, terminal, {
      name: 'start',
      summary: 'the same as dev; this is what `npm start` runs',
    });
  },
};
