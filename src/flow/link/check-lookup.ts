/** Does what an expression looks up exist where the expression stands? */
import { type ContextRoot, isContextRoot, type Lookup } from '../../expression/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { never } from '../../support/never.ts';
import type { DiagnosticCode } from '../diagnostic-codes.ts';
import { didYouMean } from '../schema/complaints.ts';
import type { TaskEntry } from './index-of-tasks.ts';
import { literalMap, type Names } from './names.ts';
import { type Place, whyUnavailable } from './place.ts';

export interface LookupProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Roots whose fields are always the same. */
const fixedFields: Partial<Record<ContextRoot, readonly string[]>> = {
  flow: ['id', 'namespace', 'revision'],
  execution: ['id', 'startDate', 'state', 'originalId'],
  task: ['id', 'type'],
  taskrun: ['id', 'attempt', 'startDate', 'parentId'],
};
const taskFields = ['state', 'error'];

export function checkLookup(lookup: Lookup, place: Place, names: Names): LookupProblem | undefined {
  const [root, key, ...rest] = lookup.path;
  // Other names have been reported as unknown when the template was read.
  if (root === undefined || !isContextRoot(root)) return undefined;
  if (!place.roots.has(root)) {
    const message = `\`${root}\` has no value in ${place.name}`;
    return { code: 'reference-unavailable', message, hint: whyUnavailable(root, place.roots) };
  }
  if (key === undefined) return undefined;
  switch (root) {
    case 'inputs':
      return known('input', key, names.inputs);
    case 'vars':
      return checkVariable(key, place, names);
    case 'outputs':
    case 'tasks':
      return checkTask(root, key, rest, place, names);
    case 'trigger':
      return lookup.optional ? undefined : checkTrigger(key, names);
    case 'flow':
    case 'execution':
    case 'task':
    case 'taskrun':
      return known(`field of \`${root}\``, key, new Set(fixedFields[root]));
    case 'labels':
    case 'globals':
    case 'item':
    case 'parents':
    case 'error':
    case 'compensated':
      return undefined; // Their names are not in the file, or they are unavailable everywhere.
    default:
      return never(root);
  }
}

function known(what: string, name: string, names: ReadonlySet<string>): LookupProblem | undefined {
  if (names.has(name)) return undefined;
  const all = [...names];
  const list = all.length > 0 ? `There are: ${all.join(', ')}.` : 'There are none.';
  const message = `there is no ${what} \`${name}\``;
  return { code: 'reference-unknown', message, hint: didYouMean(name, all) ?? list };
}

function checkVariable(name: string, place: Place, names: Names): LookupProblem | undefined {
  if (place.variables?.has(name) === true) return undefined;
  if (place.variables !== undefined && names.variables.has(name)) {
    const message = `\`vars.${name}\` has no value yet in ${place.name}`;
    const hint = 'At the start there are those of `variables`, evaluated in their order.';
    return { code: 'reference-unavailable', message, hint };
  }
  if (names.variablesOpen && place.variables === undefined) return undefined;
  return known('variable', name, names.variables);
}

function checkTask(
  root: 'outputs' | 'tasks',
  id: string,
  rest: readonly string[],
  place: Place,
  names: Names,
): LookupProblem | undefined {
  const task = names.tasks.get(id);
  if (task === undefined) return known('task', id, new Set(names.tasks.keys()));
  if (!hasEnded(task, place)) {
    const message = `task \`${id}\` has not ended when ${place.name} is evaluated`;
    const hint = 'Tasks see the outputs of those before them.';
    return { code: 'output-not-yet', message, hint };
  }
  const [field] = rest;
  if (root === 'tasks') {
    return field === undefined ? undefined : known('field of a task', field, new Set(taskFields));
  }
  return checkOutput(task, rest);
}

function hasEnded(task: TaskEntry, { sees }: Place): boolean {
  switch (sees.kind) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'before':
      // Blocks around it have begun, but end after it.
      return task.ordinal < sees.ordinal && task.last < sees.ordinal;
  }
}

/** Follows the path through the type's output schema, as far as that is closed. */
function checkOutput(task: TaskEntry, path: readonly string[]): LookupProblem | undefined {
  let schema: Json | undefined = outputSchema(task);
  const walked = [task.id];
  for (const key of path) {
    if (!isJsonObject(schema)) return undefined;
    const properties: Json | undefined = schema['properties'];
    const next: Json | undefined = isJsonObject(properties) ? properties[key] : undefined;
    if (next === undefined) {
      if (schema['additionalProperties'] !== false) return undefined;
      const names = new Set(isJsonObject(properties) ? Object.keys(properties) : []);
      return known(`output of \`${walked.join('.')}\` named`, key, names);
    }
    schema = next;
    walked.push(key);
  }
  return undefined;
}

function outputSchema({ type, node }: TaskEntry): JsonObject | undefined {
  // `output` gives just what it is told to.
  const values = type?.type === 'output' ? literalMap(node) : undefined;
  if (values === undefined) return type?.outputs;
  const properties = Object.fromEntries(Object.keys(values).map((key) => [key, {}]));
  return { type: 'object', properties, additionalProperties: false };
}

function checkTrigger(field: string, names: Names): LookupProblem | undefined {
  if (field === 'id' || field === 'type') return undefined;
  const lacking = names.triggers.filter(({ fields }) => !fields.has(field));
  if (lacking.length === 0) return undefined;
  const all = [...new Set(names.triggers.flatMap(({ fields }) => [...fields]))];
  const lackingNames = lacking.map(({ id }) => `\`${id}\``).join(', ');
  return {
    code: 'trigger-field-not-always-present',
    message: `\`trigger.${field}\` is missing when ${lackingNames} starts the flow`,
    hint:
      didYouMean(field, all) ?? 'Map it to an input in each trigger, or provide for it with `??`.',
  };
}
