import { createInterface } from 'node:readline/promises';

/** What the commands talk to: stdout is for data, stderr for the rest. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Whether stdout is one: tables are cut to its width, colours are used. */
  readonly outIsTerminal: boolean;
  /** Whether stderr is one: the server's log is readable there, else JSON. */
  readonly errorIsTerminal: boolean;
  readonly color: boolean;
  /** Asks the person in front of it; undefined when nobody is there. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths begin here. */
  readonly folder: string;
}

/** Says a sentence to the person, beside the data. */
export function sayTo(terminal: Terminal): (text: string) => void {
  return (text) => {
    terminal.error(`${text}\n`);
  };
}

/** The terminal that this process was started from. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // A reader that went away (`| head`) is no failure of the command.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
    outIsTerminal: stdout.isTTY,
    errorIsTerminal: stderr.isTTY,
    // https://no-color.org: any value but an empty one.
    color: stdout.isTTY && (env['NO_COLOR'] ?? '') === '',
    ask: stdin.isTTY && stderr.isTTY ? ask : undefined,
    environment: env,
    folder: process.cwd(),
  };
}

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question);
  } finally {
    reader.close();
  }
}
