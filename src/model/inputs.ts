import type { Json } from '../support/json.ts';

/** The types that flows may declare; the later ones (file, secret, …) join this list with their issue. */
export const inputTypes = [
  'string',
  'int',
  'float',
  'bool',
  'json',
  'datetime',
  'date',
  'time',
  'duration',
  'array',
] as const;
export type InputType = (typeof inputTypes)[number];

/** One entry of a flow's `inputs`. An input is required unless it says `required: false` or has a default. */
export interface InputDeclaration {
  readonly id: string;
  readonly type: InputType;
  readonly description?: string;
  readonly required: boolean;
  readonly defaults?: Json;
  /** For `array`: the type of its items. */
  readonly itemType?: Exclude<InputType, 'array'>;
  /** For numbers, inclusive. */
  readonly min?: number;
  readonly max?: number;
}

/** What is wrong with one input; `message` names it, what was given, and what is wanted. */
export interface InputProblem {
  readonly input: string;
  readonly code: 'input-missing' | 'input-unknown' | 'input-type' | 'input-range';
  readonly message: string;
}
