import { limits } from '../model/limits.ts';
import { isJsonObject, type Json } from '../support/json.ts';
import { isLargerThan } from './estimate.ts';

export type Labels = Readonly<Record<string, string>>;

export type ReadLabels =
  { readonly ok: true; readonly labels: Labels } | { readonly ok: false; readonly message: string };

/** A map of evaluated values as labels: scalars become text, anything else is an error that names it. */
export function readLabels(values: Json | undefined, property: string): ReadLabels {
  if (!isJsonObject(values)) return { ok: false, message: `${property} must be a map` };
  const labels: [string, string][] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === null || typeof value === 'object') {
      return { ok: false, message: `${property}.${name} must be text, a number or a boolean` };
    }
    labels.push([name, String(value)]);
  }
  return { ok: true, labels: Object.fromEntries(labels) };
}

/** What is wrong with all labels of an execution together. */
export function labelsProblem(labels: Labels): string | undefined {
  const bytesMax = limits.labelsBytes.value;
  if (!isLargerThan(labels, bytesMax)) return undefined;
  return `the labels of an execution may have ${bytesMax} bytes together`;
}
