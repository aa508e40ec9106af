/**
 * Counts a value before it is written or handed on. Lists and maps made by an expression may hold the same
 * part many times (`[a, a]` of `[b, b]` of …), so that a few operations make gigabytes of JSON: counting
 * stops at the limit, however large the value is.
 */
import { isReference } from '../../model/reference.ts';
import { expressionLimits } from '../limits.ts';
import type { Runtime } from '../run/runtime.ts';
import { isMap, kindOf } from './kinds.ts';

export interface Weight {
  /** A lower bound of the bytes of its JSON, which has at most twelve times as many. */
  bytes: number;
  /** How many values it consists of. */
  parts: number;
  /** True when there is a reference inside. */
  references: boolean;
}

/** Fails with `output-too-large`, `too-deep`, or `wrong-type` for what is not plain data. */
export function weigh(value: unknown, run: Runtime): Weight {
  // The outermost value has no comma after it.
  const weight: Weight = { bytes: -1, parts: 0, references: false };
  add(value, weight, 0, run);
  return weight;
}

function add(value: unknown, weight: Weight, depth: number, run: Runtime): void {
  weight.parts += 1;
  weight.bytes += ownBytes(value, run);
  if (weight.bytes > run.outputBytesMax) {
    run.fail('output-too-large', `a value of more than ${run.outputBytesMax} bytes as JSON`);
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > expressionLimits.valueDepth.value) {
    run.fail('too-deep', `data nested deeper than ${expressionLimits.valueDepth.value} levels`);
  }
  if (Array.isArray(value)) {
    for (const item of value) add(item, weight, depth + 1, run);
  } else if (isReference(value)) {
    weight.references = true;
  } else if (isMap(value)) {
    for (const key of Object.keys(value)) {
      weight.bytes += key.length + 3;
      add(value[key], weight, depth + 1, run);
    }
  } else {
    run.fail('wrong-type', 'a value that is not plain data');
  }
}

/** Bytes of the value without what is inside it, separators counted. */
function ownBytes(value: unknown, run: Runtime): number {
  switch (typeof value) {
    case 'string':
      return value.length + 3;
    case 'number':
    case 'boolean':
    case 'undefined':
      return 2;
    case 'object':
      return 3;
    default:
      return run.fail('wrong-type', `a value that is ${kindOf(value)}`);
  }
}
