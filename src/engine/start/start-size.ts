import { limits } from '../../model/limits.ts';
import { isLargerThan } from '../estimate.ts';

/** A start whose values do not fit into one event. */
export function tooLarge(
  values: object,
): { readonly reason: string; readonly message: string } | undefined {
  const bytesMax = limits.startBytes.value;
  if (!isLargerThan(values, bytesMax)) return undefined;
  const message =
    `inputs, variables, trigger and labels of a start may have ${bytesMax} bytes together; ` +
    'put the data somewhere and pass on where';
  return { reason: 'start-too-large', message };
}
