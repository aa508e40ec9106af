import type { FixedKey } from '../config/keys.ts';
import { type FlagValue, loadConfig, type LoadedConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { CommandEnd, exitCodes } from './exit.ts';
import type { Terminal } from './terminal.ts';

export type ConfigFlags = Readonly<Partial<Record<FixedKey, FlagValue | undefined>>>;

/**
 * The configuration of this command, with the settings of all plugins checked. Plugins are named by the
 * configuration itself, so it is read twice: to find them, and to check their keys.
 */
export async function readConfig(
  terminal: Terminal,
  flags: ConfigFlags = {},
  file?: string,
): Promise<LoadedConfig> {
  const { pluginSchemas } = await import('../main.ts');
  const { environment: env, folder } = terminal;
  const options = { env, folder, flags, ...(file === undefined ? {} : { file }) };
  const first = loadConfig(options);
  return loadConfig({ ...options, plugins: await pluginSchemas(first.config.plugins) });
}

/** @throws CommandEnd with every problem of the configuration, one a line. */
export async function readValidConfig(
  terminal: Terminal,
  flags: ConfigFlags = {},
  file?: string,
): Promise<LoadedConfig> {
  const loaded = await readConfig(terminal, flags, file);
  if (loaded.problems.length === 0) return loaded;
  throw new CommandEnd(exitCodes.usage, loaded.problems.map(formatProblem).join('\n'));
}
