import { type InputDeclaration, inputTypes, type InputType } from '../../model/inputs.ts';
import type { Json } from '../../support/json.ts';
import { childOf, type LocatedMap } from '../parse/located-node.ts';

/** One entry of `inputs`, with what it leaves out. Of an invalid entry it is what could be read. */
export function declarationOf(node: LocatedMap): InputDeclaration {
  const { id, type, required, itemType, min, max } = node.value;
  const defaults = childOf(node, 'defaults')?.value;
  return {
    id: textOf(id),
    type: inputTypeOf(type) ?? 'json',
    required: required !== false && defaults === undefined,
    ...descriptionOf(node),
    ...(defaults === undefined ? {} : { defaults }),
    ...itemTypeOf(inputTypeOf(itemType)),
    ...(typeof min === 'number' ? { min } : {}),
    ...(typeof max === 'number' ? { max } : {}),
  };
}

function itemTypeOf(type: InputType | undefined): Pick<InputDeclaration, 'itemType'> {
  return type === undefined || type === 'array' ? {} : { itemType: type };
}

function inputTypeOf(value: Json | undefined): InputType | undefined {
  return inputTypes.find((type) => type === value);
}

/** The text, or an empty one where validation has complained. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function descriptionOf({ value }: LocatedMap): { readonly description?: string } {
  const { description } = value;
  return typeof description === 'string' ? { description } : {};
}
