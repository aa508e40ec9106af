import { AssertionFailure } from './assert.ts';

/** Ends a `switch` over a union: the compiler proves that it cannot be reached. */
export function never(value: never): never {
  throw new AssertionFailure(`unexpected variant ${JSON.stringify(value)}`);
}
