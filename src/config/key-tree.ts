/** The keys as a tree, to find the key of a path and to say what was meant where there is none. */
import type { JsonObject } from '../support/json.ts';
import { isJsonObject } from '../support/json.ts';
import { type Key, keys } from './keys.ts';
import { settingKind } from './setting-kind.ts';

export interface KeyNode {
  readonly key?: Key<unknown>;
  readonly children: ReadonlyMap<string, KeyNode>;
  /** For names that are the user's own: connections, globals, plugins. */
  readonly any?: KeyNode;
}

/** JSON Schemas of `plugin.<name>`, by plugin; the plugins' manifests have them. */
export type PluginSchemas = Readonly<Record<string, JsonObject>>;

/** All keys; without schemas of plugins, their settings are taken as they are. */
export function keyTree(plugins: PluginSchemas | undefined): KeyNode {
  const root = new Branch();
  for (const [name, key] of Object.entries<Key<unknown>>(keys)) {
    if (plugins === undefined || name !== 'plugin.*.*') root.at(name.split('.')).key = key;
  }
  for (const [plugin, schema] of Object.entries(plugins ?? {})) {
    const branch = root.at(['plugin', plugin]);
    if (schema['additionalProperties'] !== false) branch.at(['*']).key = keys['plugin.*.*'];
    const { properties } = schema;
    for (const [name, property] of Object.entries(isJsonObject(properties) ? properties : {})) {
      branch.at([name]).key = settingKey(isJsonObject(property) ? property : {});
    }
  }
  return root;
}

function settingKey(schema: JsonObject): Key<unknown> {
  const { description } = schema;
  return {
    kind: settingKind(schema),
    fallback: undefined,
    meaning: typeof description === 'string' ? description : '',
    secret: schema['format'] === 'password' || schema['writeOnly'] === true,
  };
}

class Branch implements KeyNode {
  key?: Key<unknown>;
  readonly children = new Map<string, Branch>();
  any?: Branch;

  /** The branch at the path, made where it is missing. */
  at(path: readonly string[]): Branch {
    const [name, ...rest] = path;
    if (name === undefined) return this;
    if (name === '*') return (this.any ??= new Branch()).at(rest);
    let child = this.children.get(name);
    if (child === undefined) {
      child = new Branch();
      this.children.set(name, child);
    }
    return child.at(rest);
  }
}
