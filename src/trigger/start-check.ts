import type { FlowDefinition } from '../flow/definition.ts';
import { checkInputs } from '../flow/inputs.ts';
import { scopedKey } from '../model/ids.ts';
import { limits } from '../model/limits.ts';
import { idempotencyKeyRule, isIdempotencyKey } from '../records/start-fields.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { StartRefused } from './start-refused.ts';
import type { NewStart } from './starter.ts';

/**
 * What an executor would refuse, refused while somebody waits for the answer: inputs and labels as the flow
 * wants them.
 *
 * @param texts further inputs, given as text: each is read as the type that the flow declares.
 * @returns the inputs as they are sent: what was text is a value.
 * @throws {@link StartRefused} `invalid` that names each input.
 */
export function checkStart(
  flow: FlowDefinition,
  { inputs, labels }: Pick<NewStart, 'inputs' | 'labels'>,
  texts: Readonly<Record<string, string>> = {},
): JsonObject {
  const names = Object.keys(texts);
  const fromText = new Set(names);
  const checked = checkInputs(flow.inputs, { ...inputs, ...texts }, { fromText });
  if (!checked.ok) {
    const detail = checked.problems.map(({ message }) => message).join('; ');
    const problems = checked.problems.map((problem) => ({ ...problem }));
    throw new StartRefused('invalid', 'inputs-invalid', detail, { members: { problems } });
  }
  checkLabels(labels);
  if (names.length === 0) return inputs;
  const read = names.map((name): [string, Json] => [name, checked.inputs[name] ?? null]);
  return { ...inputs, ...Object.fromEntries(read) };
}

function checkLabels(labels: JsonObject): void {
  const bytesMax = limits.labelsBytes.value;
  if (Buffer.byteLength(JSON.stringify(labels)) <= bytesMax) return;
  throw new StartRefused(
    'invalid',
    'labels-too-large',
    `Labels may have ${bytesMax} bytes together, as JSON`,
  );
}

/**
 * The caller's key as the log has it: another flow's or trigger's same key is another key. None for an empty one.
 *
 * @throws {@link StartRefused} `invalid` when it is too long.
 */
export function keyOfStart(
  { namespace, id }: FlowDefinition,
  trigger: string | null,
  key: string | undefined,
): Pick<NewStart, 'idempotencyKey'> {
  if (key === undefined || key === '') return {};
  const scoped = scopedKey(namespace, id, trigger, key);
  if (isIdempotencyKey(scoped)) return { idempotencyKey: scoped };
  throw new StartRefused(
    'invalid',
    'idempotency-key-invalid',
    `An idempotency key, with the names of flow and trigger before it, must be ${idempotencyKeyRule}`,
  );
}
