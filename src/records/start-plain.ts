/** The plain form of a start: `{namespace, flow, inputs?, labels?, idempotencyKey?}` as JSON. */
import type { Parsed } from '../model/starts.ts';
import { isJsonObject, type JsonObject } from '../support/json.ts';
import { nearest } from '../support/nearest.ts';
import {
  type ForeignStart,
  idempotencyKeyRule,
  isIdempotencyKey,
  isName,
  labelsOf,
  type NamedFlow,
  nameRule,
  refusedStart,
} from './start-fields.ts';

const fields = ['namespace', 'flow', 'inputs', 'labels', 'idempotencyKey'] as const;
const known: ReadonlySet<string> = new Set(fields);

export function readPlainStart(value: JsonObject): Parsed<ForeignStart> {
  const { namespace, flow } = value;
  if (!isName(namespace)) return refusedName('namespace', namespace);
  if (!isName(flow)) return refusedName('flow', flow);
  const named = { namespace, flow };
  const unknown = Object.keys(value).find((field) => !known.has(field));
  return unknown === undefined ? readOptional(value, named) : refusedField(unknown, named);
}

function readOptional(value: JsonObject, named: NamedFlow): Parsed<ForeignStart> {
  const inputs = value['inputs'] ?? {};
  if (!isJsonObject(inputs)) {
    return refusedStart('`inputs` must be an object: the flow’s inputs by name.', named);
  }
  const labels = labelsOf(value['labels'] ?? undefined);
  if (labels === undefined) {
    return refusedStart('`labels` must be an object of texts, numbers or booleans.', named);
  }
  const idempotencyKey = value['idempotencyKey'] ?? undefined;
  if (idempotencyKey === undefined) return { ok: true, value: { ...named, inputs, labels } };
  if (!isIdempotencyKey(idempotencyKey)) {
    return refusedStart(`\`idempotencyKey\` must be ${idempotencyKeyRule}.`, named);
  }
  return { ok: true, value: { ...named, inputs, labels, idempotencyKey } };
}

function refusedName(field: string, given: unknown): Parsed<never> {
  return given === undefined
    ? refusedStart(`\`${field}\` is missing: a start is JSON with ${fields.join(', ')}.`)
    : refusedStart(`\`${field}\` must be text of ${nameRule}.`);
}

function refusedField(field: string, named: NamedFlow): Parsed<never> {
  const meant = nearest(field, fields);
  const hint =
    meant === undefined ? `known are ${fields.join(', ')}` : `did you mean \`${meant}\`?`;
  return refusedStart(`\`${field}\` is no field of a start; ${hint}`, named);
}
