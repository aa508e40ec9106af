import { onCommand } from './decide/command.ts';
import { onCommandFailed } from './decide/command-failed.ts';
import { onContinue } from './decide/continue.ts';
import { onDispatchStale } from './decide/dispatch-stale.ts';
import { onEffectRefused } from './decide/effect-refused.ts';
import { onStart } from './decide/start.ts';
import { onTimer } from './decide/timer.ts';
import { onUnreadableCommand } from './decide/unreadable-command.ts';
import { onWorkerGone } from './decide/worker-gone.ts';
import type { Definitions } from './definitions.ts';
import type { Draft } from './draft.ts';
import type { Input } from './input.ts';

type Decide<InputKind extends Input> = (
  draft: Draft,
  input: InputKind,
  definitions: Definitions,
) => void;

/** One decision per kind of input. */
export const decisions: {
  readonly [Kind in Input['kind']]: Decide<Extract<Input, { readonly kind: Kind }>>;
} = {
  start: onStart,
  command: onCommand,
  'unreadable-command': onUnreadableCommand,
  timer: onTimer,
  continue: onContinue,
  'worker-gone': onWorkerGone,
  'dispatch-stale': onDispatchStale,
  'effect-refused': onEffectRefused,
  'command-failed': onCommandFailed,
};

/** One input → its events, in the draft. Pure and synchronous; a throw means: forget the draft. */
export function step(draft: Draft, input: Input, definitions: Definitions): void {
  // The registry pairs each kind with its own input; the compiler cannot carry that through a look-up.
  const decide = decisions[input.kind] as Decide<Input>;
  decide(draft, input, definitions);
}
