import type { InputDeclaration, InputProblem } from '../model/inputs.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { nearest } from '../support/nearest.ts';
import { readInput } from './input-types.ts';

export interface CheckInputsOptions {
  /**
   * Inputs that come as text, such as those of a command line: their `"5"` is an int and their `"true"` a
   * bool. All others are taken with the types of JSON, so that a typo in a caller is seen.
   */
  readonly fromText?: ReadonlySet<string>;
}

export type CheckedInputs =
  | { readonly ok: true; readonly inputs: JsonObject }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

/**
 * Checks what a start gives against the flow's declarations and fills in the defaults. Every declared
 * input is in the result, in the order of the declarations; one that is not required, not given and has
 * no default is `null`.
 */
export function checkInputs(
  declarations: readonly InputDeclaration[],
  given: JsonObject,
  options: CheckInputsOptions = {},
): CheckedInputs {
  const problems: InputProblem[] = [];
  const inputs: Record<string, Json> = {};
  for (const declaration of declarations) {
    const checked = checkOne(declaration, given, options.fromText?.has(declaration.id) ?? false);
    if ('problem' in checked) problems.push(checked.problem);
    else inputs[declaration.id] = checked.value;
  }
  problems.push(...unknownInputs(declarations, given));
  return problems.length === 0 ? { ok: true, inputs } : { ok: false, problems };
}

type Checked = { readonly value: Json } | { readonly problem: InputProblem };

function checkOne(declaration: InputDeclaration, given: JsonObject, fromText: boolean): Checked {
  const { id } = declaration;
  const value = Object.hasOwn(given, id) ? given[id] : undefined;
  if (value === undefined) return fillIn(declaration);
  // JSON null is a value of its own only where any JSON is wanted.
  if (value === null && declaration.type !== 'json') return fillIn(declaration);
  const read = readInput(declaration, value, fromText);
  if (read.ok) return { value: read.value };
  const message = `input \`${id}\`: ${read.message}`;
  return { problem: { input: id, code: read.code, message } };
}

function fillIn(declaration: InputDeclaration): Checked {
  if (declaration.defaults !== undefined) return { value: declaration.defaults };
  if (!declaration.required) return { value: null };
  const message = `input \`${declaration.id}\` (${declaration.type}) is required and was not given`;
  return { problem: { input: declaration.id, code: 'input-missing', message } };
}

function unknownInputs(
  declarations: readonly InputDeclaration[],
  given: JsonObject,
): readonly InputProblem[] {
  const known = declarations.map(({ id }) => id);
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      const help =
        meant !== undefined
          ? `did you mean \`${meant}\`?`
          : known.length > 0
            ? `it takes ${known.map((id) => `\`${id}\``).join(', ')}`
            : 'it takes none';
      const message = `the flow has no input \`${name}\`; ${help}`;
      return { input: name, code: 'input-unknown', message };
    });
}
