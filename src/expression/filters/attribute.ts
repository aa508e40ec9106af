import { isReference } from '../../model/reference.ts';
import type { Runtime } from '../run/runtime.ts';
import { expectText } from '../values/expect.ts';
import { elementOf, isList, memberOf } from '../values/kinds.ts';

/** Reads one attribute of each element of a list: `'price'`, or a path, `'item.price'` or `'lines.0.sku'`. */
export type AttributeReader = (element: unknown) => unknown;

/** Undefined where an element lacks the attribute. Without an attribute it is the element itself. */
export function attributeReader(attribute: unknown, run: Runtime): AttributeReader {
  if (attribute === undefined) return (element) => element;
  const steps = expectText(attribute, '`attribute`', run).split('.');
  return (element) => {
    run.charge(steps.length);
    return steps.reduce<unknown>((value, step) => stepInto(value, step, run), element);
  };
}

function stepInto(value: unknown, step: string, run: Runtime): unknown {
  const target = isReference(value) ? run.dereference(value) : value;
  if (isList(target) && /^\d+$/.test(step)) return elementOf(target, Number(step));
  return memberOf(target, step);
}

/** As {@link attributeReader}, where a missing attribute is an error. */
export function strictAttributeReader(attribute: unknown, run: Runtime): AttributeReader {
  const read = attributeReader(attribute, run);
  return (element) => {
    const value = read(element);
    if (value !== undefined) return value;
    return run.fail('missing-key', `an element has no \`${String(attribute)}\``);
  };
}
