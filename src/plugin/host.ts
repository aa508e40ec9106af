import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FatalError } from '../model/errors.ts';
import { present } from '../support/assert.ts';
import { isJsonObject, type JsonObject } from '../support/json.ts';
import type { Plugin, TaskRunner, Trigger } from './index.ts';
import { type PluginManifest, readManifest } from './manifest.ts';

/** The folder of the plugins that come with Millrace, beside `src`. */
const builtInFolder = fileURLToPath(new URL('../../plugins/', import.meta.url));

/**
 * The plugins of this process: their manifests, their checked settings, and their code, which is imported
 * when it is first called for.
 */
export class PluginHost {
  readonly manifests: readonly PluginManifest[];
  readonly #settings: ReadonlyMap<string, JsonObject>;
  readonly #owner = new Map<string, PluginManifest>();
  readonly #modules = new Map<PluginManifest, Promise<Plugin>>();

  private constructor(
    manifests: readonly PluginManifest[],
    settings: ReadonlyMap<string, JsonObject>,
  ) {
    this.manifests = manifests;
    this.#settings = settings;
    for (const manifest of manifests) {
      for (const { type } of [...manifest.tasks, ...manifest.triggers]) {
        this.#owner.set(type, manifest);
      }
    }
  }

  /**
   * Reads the manifests of the built-in plugins and of the folders in `extra`.
   *
   * @param settings `plugin` of the configuration, by plugin name.
   * @throws {@link FatalError} for an invalid manifest, two plugins of one name, or settings that do not fit.
   */
  static async load(
    extra: readonly string[],
    settings: Readonly<Record<string, unknown>>,
  ): Promise<PluginHost> {
    const manifests = await readManifests(extra);
    const checked = manifests.map((manifest): [string, JsonObject] => [
      manifest.name,
      checkSettings(manifest, settings[manifest.name] ?? {}),
    ]);
    return new PluginHost(manifests, new Map(checked));
  }

  /** The runner of a task type, or undefined when no plugin has the type. */
  async task(type: string): Promise<{ runner: TaskRunner; settings: JsonObject } | undefined> {
    const manifest = this.#owner.get(type);
    const runner = manifest && (await this.#module(manifest)).tasks[type];
    return runner && { runner, settings: this.#settingsOf(manifest) };
  }

  /** The trigger of a trigger type, or undefined when no plugin has the type. */
  async trigger(type: string): Promise<{ trigger: Trigger; settings: JsonObject } | undefined> {
    const manifest = this.#owner.get(type);
    const trigger = manifest && (await this.#module(manifest)).triggers[type];
    return trigger && { trigger, settings: this.#settingsOf(manifest) };
  }

  #settingsOf(manifest: PluginManifest): JsonObject {
    return present(this.#settings.get(manifest.name), `settings of plugin ${manifest.name}`);
  }

  #module(manifest: PluginManifest): Promise<Plugin> {
    let module = this.#modules.get(manifest);
    if (module === undefined) {
      module = importPlugin(manifest);
      this.#modules.set(manifest, module);
    }
    return module;
  }
}

/**
 * The manifests of the built-in plugins and of the folders in `extra`; no code of them runs.
 *
 * @throws {@link FatalError} `plugin-invalid` for an invalid manifest, and for two plugins of one name.
 */
export async function readManifests(extra: readonly string[]): Promise<readonly PluginManifest[]> {
  const folders = [...(await foldersIn(builtInFolder)), ...extra];
  const manifests = await Promise.all(folders.map((folder) => readManifest(folder)));
  const byName = new Map<string, PluginManifest>();
  for (const manifest of manifests) {
    const other = byName.get(manifest.name);
    if (other !== undefined) {
      throw new FatalError(
        'plugin-invalid',
        `Two plugins are named ${manifest.name}: ${other.folder} and ${manifest.folder}. Remove one from plugins[].`,
      );
    }
    byName.set(manifest.name, manifest);
  }
  return manifests;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name))
    .sort();
}

/** Checks that the module keeps what its manifest promises, so that a missing runner is found at once. */
async function importPlugin(manifest: PluginManifest): Promise<Plugin> {
  const file = await entryOf(manifest);
  // The default export is checked below, member by member.
  const plugin = ((await import(pathToFileURL(file).href)) as { default?: Plugin }).default;
  const promised = [
    ...manifest.tasks.map(({ type }) => [type, typeof plugin?.tasks[type] === 'function'] as const),
    ...manifest.triggers.map(
      ({ type, kind }) => [type, plugin?.triggers[type]?.kind === kind] as const,
    ),
  ];
  const missing = promised.find(([, kept]) => !kept);
  if (plugin === undefined || missing !== undefined) {
    throw new FatalError(
      'plugin-invalid',
      `${file} does not export ${missing?.[0] ?? 'a plugin'} as plugin.json says (default export, made by definePlugin).`,
    );
  }
  return plugin;
}

async function entryOf(manifest: PluginManifest): Promise<string> {
  for (const name of ['index.ts', 'index.js']) {
    const file = path.join(manifest.folder, name);
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) return file;
  }
  throw new FatalError('plugin-invalid', `${manifest.folder} has no index.ts or index.js.`);
}

function checkSettings(manifest: PluginManifest, settings: unknown): JsonObject {
  const check = new Ajv2020({ useDefaults: true }).compile(manifest.settings);
  const value = structuredClone(settings);
  if (check(value) && isJsonObject(value)) return value;
  const first = check.errors?.[0];
  const at = `plugin.${manifest.name}${(first?.instancePath ?? '').replaceAll('/', '.')}`;
  throw new FatalError(
    'config-invalid',
    `${at} ${first?.message ?? 'must be an object'}; see the README of plugin ${manifest.name}.`,
  );
}
