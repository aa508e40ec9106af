/**
 * The configuration of a process: flags over environment over millrace.yaml over the variables that
 * other programs read, too, over defaults. Nothing is thrown: what is wrong is a list, so that all of
 * it is seen at once.
 */
import { type Config, configOf } from './config.ts';
import { crossChecks } from './cross-checks.ts';
import { type Collected, type Entry, nodeAt } from './entries.ts';
import { type Environment, environmentEntries } from './environment.ts';
import { fileEntries } from './file.ts';
import { type KeyNode, keyTree, type PluginSchemas } from './key-tree.ts';
import type { FixedKey } from './keys.ts';
import type { ConfigProblem, Source } from './problems.ts';
import { standardEntries } from './standard-variables.ts';
import { type Settings, settingsOf } from './values.ts';

export interface LoadOptions {
  /** Values of the command line by key; undefined ones were not given. */
  readonly flags?: Readonly<Partial<Record<FixedKey, FlagValue | undefined>>>;
  readonly env: Environment;
  /** The file to read. Default: `millrace.yaml` in `folder`, where there is one. */
  readonly file?: string;
  /** The working folder: relative paths of flags and environment begin here. */
  readonly folder: string;
  /**
   * JSON Schemas of the plugins' settings. Leave out as long as the plugins are not known (`plugins[]` of a
   * first load names some); then `plugin.*` is taken as it is.
   */
  readonly plugins?: PluginSchemas;
}

/** `flag` as the user wrote it: `--port`. Text is read as in the environment. */
export interface FlagValue {
  readonly flag: string;
  readonly value: unknown;
}

export interface LoadedConfig {
  /** Where there are problems it has defaults; then it is for looking at, not for starting with. */
  readonly config: Config;
  readonly settings: Settings;
  /** Where each set value comes from, by key. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly problems: readonly ConfigProblem[];
}

export function loadConfig(options: LoadOptions): LoadedConfig {
  const tree = keyTree(options.plugins);
  const collected = [
    fileEntries(options, tree),
    environmentEntries(options.env, tree, options.folder),
    flagEntries(options, tree),
  ];
  const own = collected.flatMap((source) => source.entries);
  const entries = [...standardEntries(options.env, tree, options.folder, own), ...own];
  const { settings, problems } = settingsOf(entries, options.folder);
  return {
    config: configOf(settings),
    settings,
    sources: new Map([...settings].map(([name, { source }]) => [name, source])),
    problems: [
      ...collected.flatMap((source) => source.problems),
      ...problems,
      ...crossChecks(settings),
    ],
  };
}

function flagEntries({ flags = {}, folder }: LoadOptions, tree: KeyNode): Collected {
  const entries: Entry[] = [];
  for (const [name, given] of Object.entries(flags)) {
    const path = name.split('.');
    const key = nodeAt(tree, path)?.key;
    if (given?.value === undefined || key === undefined) continue;
    const value = typeof given.value === 'string' ? key.kind.fromText(given.value) : given.value;
    entries.push({ path, key, value, source: { kind: 'flag', name: given.flag }, folder });
  }
  return { entries, problems: [] };
}
