import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type {
  PropertySchema,
  RequiredWith,
  TaskType,
  TriggerKind,
  TriggerType,
} from '../model/catalog.ts';
import { FatalError } from '../model/errors.ts';
import type { JsonObject } from '../support/json.ts';

/** A plugin as its folder declares it; no code of it has run. */
export interface PluginManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Absolute. */
  readonly folder: string;
  readonly tasks: readonly TaskType[];
  readonly triggers: readonly TriggerType[];
  /** JSON Schema of `plugin.<name>` in the configuration. */
  readonly settings: JsonObject;
}

interface ManifestFile {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly tasks?: readonly { readonly type: string; readonly schema: string }[];
  readonly triggers?: readonly {
    readonly type: string;
    readonly kind: TriggerKind;
    readonly schema: string;
    readonly fields: readonly string[];
  }[];
  readonly settings?: JsonObject;
}

/** The schema file of a task or trigger: the JSON Schema of its properties, and `outputs` for tasks. */
interface TypeFile {
  readonly title: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, PropertySchema>>;
  readonly required?: readonly string[];
  /** For triggers. */
  readonly exactlyOne?: readonly string[];
  readonly requires?: RequiredWith;
  readonly outputs?: JsonObject;
}

const text = { type: 'string', minLength: 1 };

const manifestSchema = {
  type: 'object',
  required: ['name', 'version', 'description'],
  additionalProperties: false,
  properties: {
    $schema: text,
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
    version: text,
    description: text,
    tasks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'schema'],
        additionalProperties: false,
        properties: { type: text, schema: text },
      },
    },
    triggers: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'kind', 'schema', 'fields'],
        additionalProperties: false,
        properties: {
          type: text,
          kind: { enum: ['request', 'stream', 'poll', 'clock'] },
          schema: text,
          fields: { type: 'array', items: text },
        },
      },
    },
    settings: { type: 'object' },
  },
};

const typeSchema = {
  type: 'object',
  required: ['title', 'description', 'properties'],
  properties: {
    title: text,
    description: text,
    properties: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['x-kind', 'description'],
        properties: { 'x-kind': { enum: ['static', 'templated', 'verbatim'] } },
      },
    },
    required: { type: 'array', items: text },
    exactlyOne: { type: 'array', items: text, minItems: 2 },
    requires: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: text },
    },
    outputs: { type: 'object' },
  },
};

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const isManifest = ajv.compile<ManifestFile>(manifestSchema);
const isType = ajv.compile<TypeFile>(typeSchema);

/** @throws {@link FatalError} `plugin-invalid` that names the file and what is wrong in it. */
export async function readManifest(folder: string): Promise<PluginManifest> {
  const file = path.join(folder, 'plugin.json');
  const manifest = await readJson(file);
  if (!isManifest(manifest)) throw invalid(file, isManifest.errors);
  const tasks = (manifest.tasks ?? []).map(async (entry) =>
    taskType(entry.type, await readType(path.join(folder, entry.schema))),
  );
  const triggers = (manifest.triggers ?? []).map(async (entry) =>
    triggerType(entry, await readType(path.join(folder, entry.schema))),
  );
  return {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    folder: path.resolve(folder),
    tasks: await Promise.all(tasks),
    triggers: await Promise.all(triggers),
    settings: manifest.settings ?? { type: 'object', additionalProperties: false },
  };
}

function taskType(type: string, file: TypeFile): TaskType {
  return {
    type,
    title: file.title,
    description: file.description,
    where: 'worker',
    properties: file.properties,
    required: file.required ?? [],
    ...(file.outputs === undefined ? {} : { outputs: file.outputs }),
    children: [],
    internal: false,
  };
}

/** What the shell does for every trigger of a kind, whichever plugin brings it. */
const shellProperties: Readonly<Record<TriggerKind, Readonly<Record<string, PropertySchema>>>> = {
  request: {},
  stream: {},
  poll: {
    interval: {
      'x-kind': 'static',
      'x-format': 'interval',
      type: 'string',
      default: '60s',
      description: 'How long to wait between two looks; at least `1s`.',
    },
  },
  clock: {
    misses: {
      'x-kind': 'static',
      enum: ['none', 'last', 'all'],
      default: 'last',
      description:
        'What becomes of due times that passed more than a minute ago while no process could fire: ' +
        '`last` fires the latest of them, unless a newer one is due; `all` fires each, `none` none.',
    },
    overlap: {
      'x-kind': 'static',
      enum: ['allow', 'skip'],
      default: 'allow',
      description:
        '`skip`: nothing starts while an execution that this trigger started still runs.',
    },
  },
};

function triggerType(
  entry: { readonly type: string; readonly kind: TriggerKind; readonly fields: readonly string[] },
  file: TypeFile,
): TriggerType {
  return {
    type: entry.type,
    title: file.title,
    description: file.description,
    kind: entry.kind,
    properties: { ...file.properties, ...shellProperties[entry.kind] },
    required: file.required ?? [],
    ...(file.exactlyOne === undefined ? {} : { exactlyOne: file.exactlyOne }),
    ...(file.requires === undefined ? {} : { requires: file.requires }),
    fields: entry.fields,
  };
}

async function readType(file: string): Promise<TypeFile> {
  const content = await readJson(file);
  if (!isType(content)) throw invalid(file, isType.errors);
  return content;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new FatalError('plugin-invalid', `${file} cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
}

function invalid(file: string, errors: readonly ErrorObject[] | null | undefined): FatalError {
  const first = errors?.[0];
  const where = first?.instancePath === '' ? 'the file' : (first?.instancePath ?? 'the file');
  return new FatalError('plugin-invalid', `${file}: ${where} ${first?.message ?? 'is invalid'}`);
}
