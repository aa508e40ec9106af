/** Does what an expression looks up exist where the expression stands? */
import { type ContextRoot, isContextRoot, type Lookup } from '../../expression/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../support/json.ts';
import { never } from '../../support/never.ts';
import type { DiagnosticCode } from '../diagnostic-codes.ts';
import { didYouMean } from '../schema/complaints.ts';
import type { TaskEntry } from './index-of-tasks.ts';
import { literalMap, type Names } from './names.ts';
import { type Place, whyUnavailable } from './place.ts';
import { type Seen, seenFrom } from './task-order.ts';

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
const itemFields = ['value', 'index', 'key', 'parent'];
const errorFields = [
  'message',
  'code',
  'taskId',
  'taskRunId',
  'iterations',
  'attempt',
  'type',
  'outputs',
  'all',
];

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
      return checkTask(lookup, place, names);
    case 'trigger':
      return lookup.optional ? undefined : checkTrigger(key, place, names);
    case 'flow':
    case 'execution':
    case 'task':
    case 'taskrun':
      return known(`field of \`${root}\``, key, new Set(fixedFields[root]));
    case 'item':
      return checkItem([key, ...rest], place);
    case 'error':
      return known('field of `error`', key, new Set(errorFields));
    case 'labels':
    case 'globals':
    case 'parents':
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

/** `item.parent` is the item of the loop around, so it reaches as far as there are loops. */
function checkItem(path: readonly string[], { loops, name }: Place): LookupProblem | undefined {
  for (const [steps, field] of path.entries()) {
    if (field !== 'parent') return known('field of `item`', field, new Set(itemFields));
    if (steps + 1 < loops) continue;
    const message = `\`item${'.parent'.repeat(steps + 1)}\` has no value in ${name}`;
    const around = loops === 1 ? 'one loop is' : `${loops} loops are`;
    return { code: 'reference-unavailable', message, hint: `Only ${around} around it.` };
  }
  return undefined;
}

function checkTask(
  { path: [root, id = '', ...rest], optional }: Lookup,
  place: Place,
  names: Names,
): LookupProblem | undefined {
  const task = names.tasks.get(id);
  if (task === undefined) return known('task', id, new Set(names.tasks.keys()));
  const unseen = whyUnseen(id, seenFrom(place.sees, task.path), place, optional);
  if (unseen !== undefined) return unseen;
  const [field] = rest;
  if (root === 'tasks') {
    return field === undefined ? undefined : known('field of a task', field, new Set(taskFields));
  }
  return checkOutput(task, rest);
}

function whyUnseen(
  id: string,
  seen: Seen,
  { name }: Place,
  optional: boolean,
): LookupProblem | undefined {
  const notYet = (message: string, hint: string): LookupProblem => ({
    code: 'output-not-yet',
    message,
    hint,
  });
  switch (seen.kind) {
    case 'ended':
    case 'perhaps':
      return undefined;
    case 'not-yet':
      return notYet(
        `task \`${id}\` has not ended when ${name} is evaluated`,
        'Tasks see the outputs of those before them.',
      );
    case 'at-once':
      if (optional) return undefined;
      return notYet(
        `task \`${id}\` runs at the same time, and may not have ended when ${name} is evaluated`,
        `Read it behind \`${seen.block}\`, or provide for it with \`??\`.`,
      );
    case 'never':
      return seen.because === 'branch'
        ? notYet(
            `task \`${id}\` does not run when ${name} is evaluated: it is in another branch`,
            `Behind \`${seen.block}\` it can be read; it is null there when its branch was not taken.`,
          )
        : notYet(
            `task \`${id}\` runs when \`${seen.block}\` fails, and then ${name} is not reached`,
            `Give \`${seen.block}\` \`allowFailure: true\`, and the flow goes on behind it.`,
          );
    case 'iteration':
      return {
        code: 'output-of-iteration',
        message: `task \`${id}\` runs once for each item of \`${seen.block}\`, and ${name} is outside`,
        hint: `Name it in \`outputs\` of \`${seen.block}\`, and read \`outputs.${seen.block}.items\`.`,
      };
    default:
      return never(seen);
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

function checkTrigger(field: string, place: Place, names: Names): LookupProblem | undefined {
  if (field === 'id' || field === 'type') return undefined;
  // A trigger's own mapping is evaluated for no other.
  const triggers = names.triggers.filter(({ id }) => (place.trigger ?? id) === id);
  const lacking = triggers.filter(({ fields }) => !fields.has(field));
  if (lacking.length === 0) return undefined;
  const all = [...new Set(triggers.flatMap(({ fields }) => [...fields]))];
  const lackingNames = lacking.map(({ id }) => `\`${id}\``).join(', ');
  return {
    code: 'trigger-field-not-always-present',
    message: `\`trigger.${field}\` is missing when ${lackingNames} starts the flow`,
    hint: didYouMean(field, all) ?? adviceOn(place, all),
  };
}

function adviceOn({ trigger }: Place, fields: readonly string[]): string {
  return trigger === undefined
    ? 'Map it to an input in each trigger, or provide for it with `??`.'
    : `It has: ${fields.join(', ')}.`;
}
