/**
 * Pages of what a loop goes through, where that is kept as a reference (invariant 10). A worker cuts the value
 * when the loop begins: its outputs are the properties it was given, with a {@link FirstPage} in the place of
 * the reference. The further pages lie in the blob store; one is fetched when the loop has come so far.
 */
import type { TaskType } from '../../model/catalog.ts';
import { isReference, type ValueReference } from '../../model/reference.ts';
import { assert } from '../../support/assert.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../support/json.ts';

export const valuesPage: TaskType = {
  type: 'values.page',
  title: 'Pages of values',
  description: 'Brings values of a loop that are too many for a record, page by page.',
  where: 'worker',
  properties: {},
  required: [],
  children: [],
  internal: true,
};

export interface ValuesPage {
  readonly values: readonly Json[];
  /** Of a map. */
  readonly keys?: readonly string[];
}

export interface FirstPage extends ValuesPage {
  /** How many values there are. */
  readonly total: number;
  /** Where the further pages are found; absent when there are none. */
  readonly pages?: ValueReference;
}

/** What is asked of a worker for a further page, counted from 0. */
export function pageRequest(pages: ValueReference, page: number): JsonObject {
  return { pages: { ...pages }, page };
}

export function readFirstPage(value: Json | undefined): FirstPage {
  const page = readPage(value);
  const { total, pages } = isJsonObject(value) ? value : {};
  assert(typeof total === 'number', 'a first page of values has a total');
  assert(pages === undefined || isReference(pages), 'further pages of values are a reference');
  return { ...page, total, ...(pages === undefined ? {} : { pages }) };
}

export function readPage(value: Json | undefined): ValuesPage {
  const { values, keys } = isJsonObject(value) ? value : {};
  assert(isJsonArray(values), 'a page of values has a list');
  if (keys === undefined) return { values };
  assert(isJsonArray(keys) && keys.length === values.length, 'a page of a map has its keys');
  return { values, keys: keys.map(String) };
}
