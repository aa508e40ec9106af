/** From what the sources say to checked values: the strongest source of each key, by the key's kind. */
import type { Entry } from './entries.ts';
import { type FixedKey, type Key, type KeyValue, keys } from './keys.ts';
import type { ConfigProblem, Source } from './problems.ts';

/** One key that has a value: set by somebody, or by default. */
export interface Setting {
  readonly path: readonly string[];
  readonly key: Key<unknown>;
  /** As it was written, for printing. */
  readonly written: unknown;
  /** As the program uses it. */
  readonly value: unknown;
  readonly source: Source;
}

export type Settings = ReadonlyMap<string, Setting>;

const byDefault: Source = { kind: 'default', name: 'default' };

/**
 * All settings by name. `entries` are in the order of their strength, the weakest first. A value that is wrong
 * is a problem, and its key keeps its default.
 */
export function settingsOf(
  entries: readonly Entry[],
  folder: string,
): { readonly settings: Settings; readonly problems: readonly ConfigProblem[] } {
  const settings = new Map<string, Setting>();
  const problems: ConfigProblem[] = [];
  const put = (name: string, entry: Entry): void => {
    const read = settingOf(name, entry);
    if ('message' in read) problems.push(read);
    else settings.set(name, read);
  };
  for (const [name, key] of Object.entries<Key<unknown>>(keys)) {
    const { fallback } = key;
    if (fallback === undefined) continue;
    put(name, { path: name.split('.'), key, value: fallback, source: byDefault, folder });
  }
  const strongest = new Map(entries.map((entry) => [entry.path.join('.'), entry]));
  for (const [name, entry] of strongest) put(name, entry);
  return { settings, problems };
}

function settingOf(name: string, entry: Entry): Setting | ConfigProblem {
  const { path, key, value: written, source, folder } = entry;
  const parsed = key.kind.schema.safeParse(written);
  if (!parsed.success) {
    const given = key.secret ? 'what is set' : shown(written);
    return { key: name, source, message: `must be ${key.kind.wanted}; it is ${given}` };
  }
  try {
    const value = key.kind.resolve?.(parsed.data, folder) ?? parsed.data;
    return { path, key, written, value, source };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { key: name, source, message: `names a file that cannot be read: ${reason}` };
  }
}

const SHOWN_LENGTH_MAX = 60;

function shown(value: unknown): string {
  const text = withoutCredentials(JSON.stringify(value));
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

const CREDENTIALS_IN_ADDRESS = /(\w+:\/\/)[^/\s]*@/g;

/** What stands before the host in addresses is nobody's business. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS_IN_ADDRESS, '$1***@');
}

/** The value of a key; undefined only for an optional one. */
export function valueOf<Name extends FixedKey>(settings: Settings, name: Name): KeyValue<Name> {
  // Made by the key's own kind; a key with a default always has a value.
  return settings.get(name)?.value as KeyValue<Name>;
}

/** The values whose names begin with `prefix.`, by the parts that follow. */
export function valuesUnder(settings: Settings, prefix: readonly string[]): readonly Setting[] {
  return [...settings.values()].filter(({ path }) => {
    return path.length > prefix.length && prefix.every((part, at) => path[at] === part);
  });
}
