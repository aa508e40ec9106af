import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { executorTaskTypes } from '../../../src/engine/tasks/index.ts';
import { buildCatalog, type Catalog } from '../../../src/model/catalog.ts';
import { readManifest } from '../../../src/plugin/manifest.ts';

const PLUGINS = path.join(import.meta.dirname, '../../../plugins');

const folders = (await readdir(PLUGINS, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => path.join(PLUGINS, name));
const manifests = await Promise.all(folders.map((folder) => readManifest(folder)));

/** The types that a flow can use in this version. */
export const catalog: Catalog = buildCatalog({
  tasks: [...executorTaskTypes, ...manifests.flatMap(({ tasks }) => tasks)],
  triggers: manifests.flatMap(({ triggers }) => triggers),
});
