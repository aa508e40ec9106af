/** `millrace config print`: the whole configuration as it would stand in millrace.yaml. */
import { Document, isNode } from 'yaml';
import type { LoadedConfig } from './load.ts';
import { type Setting, type Settings, withoutCredentials } from './values.ts';

export interface PrintOptions {
  readonly format: 'yaml' | 'json';
  /** Replaces passwords and keys by `***`. */
  readonly redacted: boolean;
  /** Says beside each value where it comes from. */
  readonly sources: boolean;
}

export function printConfig({ settings }: LoadedConfig, options: PrintOptions): string {
  const sorted = [...settings].sort(([left], [right]) => (left < right ? -1 : 1));
  const lines = sorted
    .filter(([name]) => !isOverruled(name, settings))
    .map(([, setting]) => ({
      setting,
      shown: options.redacted ? redacted(setting) : setting.written,
    }));
  return options.format === 'json' ? asJson(lines, options) : asYaml(lines, options);
}

/** `ssl: true` says nothing beside `ssl.ca`, and `ssl: false` makes nothing of it; YAML cannot hold both. */
function isOverruled(name: string, settings: Settings): boolean {
  const switched = /^(.*\.ssl)\.\w+$/.exec(name)?.[1];
  if (switched !== undefined) return settings.get(switched)?.value === false;
  if (settings.get(name)?.value !== true) return false;
  return [...settings.keys()].some((other) => other.startsWith(`${name}.`));
}

type Line = { readonly setting: Setting; readonly shown: unknown };

function asYaml(lines: readonly Line[], { sources }: PrintOptions): string {
  const document = new Document({});
  for (const { setting, shown } of lines) {
    const node = document.createNode(shown, { flow: true });
    if (sources && isNode(node)) node.comment = ` ${setting.source.name}`;
    document.setIn(setting.path, node);
  }
  return document.toString({ lineWidth: 0 });
}

function asJson(lines: readonly Line[], { sources }: PrintOptions): string {
  const document = new Document({});
  for (const { setting, shown } of lines) {
    const { kind, name } = setting.source;
    document.setIn(setting.path, sources ? { value: shown, source: { kind, name } } : shown);
  }
  return `${JSON.stringify(document.toJS(), undefined, 2)}\n`;
}

const HIDDEN = '***';
/** Names of a plugin's or the user's own keys that say what is behind them. */
const TELLING = /password|passwd|secret|token|credential|apikey|api_key|private/i;

function redacted({ path, key, written }: Setting): unknown {
  if (key.secret) return HIDDEN;
  const ownNames = path[0] === 'plugin' || path[0] === 'globals' ? path : [];
  return hidden(
    written,
    ownNames.some((name) => TELLING.test(name)),
  );
}

function hidden(value: unknown, telling: boolean): unknown {
  if (typeof value === 'string') {
    return telling ? HIDDEN : withoutCredentials(value);
  }
  if (Array.isArray(value)) return value.map((item) => hidden(item, telling));
  if (typeof value !== 'object' || value === null) return telling ? HIDDEN : value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      hidden(part, telling || TELLING.test(name)),
    ]),
  );
}
