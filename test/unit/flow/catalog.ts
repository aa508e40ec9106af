import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { executorTaskTypes } from '../../../src/engine/tasks/index.ts';
import type { ReadFlowOptions } from '../../../src/flow/read-flow.ts';
import { laterProperties } from '../../../src/flow/schema/later.ts';
import { buildCatalog, type Catalog, type TriggerType } from '../../../src/model/catalog.ts';
import { readManifest } from '../../../src/plugin/manifest.ts';

/** A second type of trigger, with fields of its own. */
const stream: TriggerType = {
  type: 'test.stream',
  title: 'Stream',
  description: 'Starts one execution for each record.',
  kind: 'stream',
  properties: {},
  required: [],
  fields: ['key', 'value', 'offset'],
};

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

/** What the language is about to have, beside `catalog`: read as if this version had it already. */
export const early: Pick<ReadFlowOptions, 'later'> & { readonly catalog: Catalog } = {
  catalog: buildCatalog({
    tasks: [...catalog.tasks.values()],
    triggers: [...catalog.triggers.values(), stream],
  }),
  later: {
    flow: without(laterProperties.flow, ['errors', 'finally', 'timeout']),
    task: without(laterProperties.task, [
      'retry',
      'timeout',
      'allowFailure',
      'allowWarning',
      'errors',
      'finally',
    ]),
    trigger: laterProperties.trigger,
  },
};

function without(names: ReadonlySet<string>, coming: readonly string[]): ReadonlySet<string> {
  return new Set([...names].filter((name) => !coming.includes(name)));
}
