import { runCommandLine } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly color?: boolean;
}

/** Runs a command line in this process, with a terminal that only remembers. */
export async function run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const terminal: Terminal = {
    out: (text) => void (stdout += text),
    error: (text) => void (stderr += text),
    outIsTerminal: false,
    errorIsTerminal: false,
    color: options.color ?? false,
    ask: undefined,
    environment: options.environment ?? {},
    folder: options.folder ?? import.meta.dirname,
  };
  const code = await runCommandLine(words, terminal);
  return { code, stdout, stderr };
}
