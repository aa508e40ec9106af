import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** One command, or one noun with its verbs; a file each in commands/. */
export interface CliCommand {
  /** The first word after `millrace`. */
  readonly name: string;
  /** Heavy modules are imported in the action, so that other commands do not wait for them. */
  register(program: Command, terminal: Terminal): void;
}
