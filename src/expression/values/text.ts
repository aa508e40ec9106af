import { isReference } from '../../model/reference.ts';
import type { Runtime } from '../run/runtime.ts';
import { isMap, setOwn } from './kinds.ts';
import { weigh } from './weigh.ts';

/**
 * How a value is written into a text: text as it is, numbers and booleans as in JSON, null as nothing, lists
 * and maps as compact JSON. A reference is looked into.
 */
export function toText(value: unknown, run: Runtime): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return '';
  const settled = run.settle(value);
  return typeof settled === 'string' ? settled : toJson(settled, run);
}

/** JSON of a value, with what references stand for in their place. */
export function toJson(value: unknown, run: Runtime, indent?: number): string {
  const plain = withoutReferences(value, run);
  const text = JSON.stringify(plain, null, indent) as string | undefined; // Undefined has no JSON.
  return run.made(text ?? 'null');
}

/** The value with every reference in it looked into. Without references it is the same value, not a copy. */
function withoutReferences(value: unknown, run: Runtime): unknown {
  const weight = weigh(value, run);
  run.charge(weight.parts);
  if (!weight.references) return value;
  const plain = replaceReferences(value, run);
  // What was read has not been counted yet; a reference inside it stays data of the blob.
  run.charge(weigh(plain, run).parts);
  return plain;
}

function replaceReferences(value: unknown, run: Runtime): unknown {
  if (isReference(value)) return run.dereference(value);
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, run));
  if (!isMap(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setOwn(copy, key, replaceReferences(value[key], run));
  return copy;
}

const utf8 = new TextEncoder();

/** JSON writes a number in up to 24 bytes where two are counted, and a character in up to six. */
const BYTES_A_COUNTED_BYTE_MAX = 12;

/** Refuses a list or map whose JSON is larger than an output may be; references count as they are. */
export function checkSize(value: unknown, run: Runtime): void {
  const most = run.outputBytesMax;
  if (weigh(value, run).bytes * BYTES_A_COUNTED_BYTE_MAX <= most) return;
  if (utf8.encode(JSON.stringify(value)).length > most) {
    run.fail('output-too-large', `a value of more than ${most} bytes as JSON`);
  }
}

/** Refuses a text that is larger than an output may be. */
export function checkBytes(text: string, run: Runtime): void {
  const most = run.outputBytesMax;
  // A code unit is at most three bytes: short texts need no counting.
  if (text.length * 3 <= most) return;
  if (text.length > most || utf8.encode(text).length > most) {
    run.fail('output-too-large', `a text of more than ${most} bytes`);
  }
}
