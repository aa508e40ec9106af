import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** stdout and stderr of a command that must succeed; the error of a failing one holds its output. */
export async function output(
  command: string,
  args: readonly string[],
  folder?: string,
): Promise<string> {
  try {
    const { stdout, stderr } = await run(command, args, {
      maxBuffer: OUTPUT_BYTES_MAX,
      cwd: folder,
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    // Maven and pip explain themselves on stdout, which Node's message leaves out.
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`${command} failed: ${said}${String(error)}`, { cause: error });
  }
}

/** Like {@link output}, and `undefined` when the command is not installed or fails. */
export async function outputIfAny(
  command: string,
  args: readonly string[],
  folder?: string,
): Promise<string | undefined> {
  try {
    return await output(command, args, folder);
  } catch {
    return undefined;
  }
}
