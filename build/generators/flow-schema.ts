/** schemas/flow.schema.json and docs/tasks.md: the types of this checkout, from the engine and plugins/. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { executorTaskTypes } from '../../src/engine/tasks/index.ts';
import { flowSchema } from '../../src/flow/schema/flow-schema.ts';
import { buildCatalog, type Catalog } from '../../src/model/catalog.ts';
import { readManifest } from '../../src/plugin/manifest.ts';
import type { GeneratedFile } from '../generated-file.ts';
import { typesPage } from '../types-page.ts';

const PLUGINS = join(import.meta.dirname, '../../plugins');

async function catalogOfCheckout(): Promise<Catalog> {
  const folders = (await readdir(PLUGINS, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const manifests = await Promise.all(folders.map((name) => readManifest(join(PLUGINS, name))));
  return buildCatalog({
    tasks: [...executorTaskTypes, ...manifests.flatMap(({ tasks }) => tasks)],
    triggers: manifests.flatMap(({ triggers }) => triggers),
  });
}

const generated: readonly GeneratedFile[] = [
  {
    file: 'schemas/flow.schema.json',
    content: async () => JSON.stringify(flowSchema(await catalogOfCheckout()), null, 2),
  },
  { file: 'docs/tasks.md', content: async () => typesPage(await catalogOfCheckout()) },
];

export default generated;
