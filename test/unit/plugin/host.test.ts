import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FatalError } from '../../../src/model/errors.ts';
import { PluginHost } from '../../../src/plugin/host.ts';

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** A plugin folder with these files. */
async function pluginFolder(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plugin-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(path.join(folder, name), text);
  }
  return folder;
}

const manifest = {
  name: 'demo',
  version: '1.0.0',
  description: 'A demo.',
  tasks: [{ type: 'demo.echo', schema: 'echo.json' }],
};
const schema = {
  title: 'Echo',
  description: 'Echoes.',
  properties: { text: { 'x-kind': 'templated', description: 'What to echo.', type: 'string' } },
};

describe('the built-in plugins', () => {
  it('export what their manifests promise', async () => {
    const host = await PluginHost.load([], {});
    expect(host.manifests.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['http', 'webhook']),
    );
    for (const { tasks, triggers } of host.manifests) {
      for (const { type } of tasks) expect(await host.task(type)).toBeDefined();
      for (const { type } of triggers) expect(await host.trigger(type)).toBeDefined();
    }
  });

  it('know nothing of other types', async () => {
    const host = await PluginHost.load([], {});
    expect(await host.task('no.such')).toBeUndefined();
    expect(await host.trigger('no.such')).toBeUndefined();
  });
});

describe('a plugin from a folder', () => {
  const code = `export default { tasks: { 'demo.echo': async (p) => ({ text: p.text }) }, triggers: {} };`;

  it('is loaded with its settings', async () => {
    const settings = { type: 'object', properties: { size: { type: 'number', default: 3 } } };
    const folder = await pluginFolder({
      'plugin.json': { ...manifest, settings },
      'echo.json': schema,
      'index.js': code,
    });
    const host = await PluginHost.load([folder], { demo: {} });
    expect((await host.task('demo.echo'))?.settings).toEqual({ size: 3 });
  });

  it.each([
    ['no manifest', {}, 'plugin.json cannot be read'],
    ['a manifest that is no JSON', { 'plugin.json': '{' }, 'plugin.json cannot be read'],
    ['a manifest without a name', { 'plugin.json': { ...manifest, name: undefined } }, "'name'"],
    ['no schema file', { 'plugin.json': manifest }, 'echo.json cannot be read'],
    [
      'a property without its kind',
      { 'plugin.json': manifest, 'echo.json': { ...schema, properties: { text: {} } } },
      'echo.json: /properties/text',
    ],
    [
      'a name that is taken',
      { 'plugin.json': { ...manifest, name: 'http' }, 'echo.json': schema },
      'Two plugins are named http',
    ],
  ])('is refused with %s', async (_case, files: Record<string, unknown>, message) => {
    const loading = PluginHost.load([await pluginFolder(files)], {});
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(FatalError);
  });

  it('is refused when its code lacks a type of the manifest', async () => {
    const folder = await pluginFolder({
      'plugin.json': manifest,
      'echo.json': schema,
      'index.js': 'export default { tasks: {}, triggers: {} };',
    });
    const host = await PluginHost.load([folder], {});
    await expect(host.task('demo.echo')).rejects.toThrow('does not export demo.echo');
  });

  it('is refused with settings that do not fit, naming the key', async () => {
    await expect(PluginHost.load([], { http: { allow: [5] } })).rejects.toThrow(
      'plugin.http.allow.0',
    );
    await expect(PluginHost.load([], { http: { alow: [] } })).rejects.toThrow('plugin.http');
  });
});
