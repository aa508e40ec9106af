import { AssertionFailure } from '../support/assert.ts';
import type { Definitions } from './definitions.ts';
import type { Draft } from './draft.ts';
import type { Input } from './input.ts';

/** One input → its events, in the draft. Pure and synchronous; a throw means: forget the draft. */
export function step(_draft: Draft, _input: Input, _definitions: Definitions): void {
  throw new AssertionFailure('follows');
}
