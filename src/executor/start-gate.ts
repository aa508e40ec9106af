import type { Parsed, StartRequest } from '../model/starts.ts';
import type { FlowFollower } from './flow-follower.ts';
import { LogEnd } from './log-end.ts';

/** What is to be done with a start: step it, look at it again later, or refuse it. */
export type GateVerdict = 'pass' | 'wait' | { readonly reason: string; readonly message: string };

/**
 * Holds starts until the replica of `flows` knows what they name; of commands only those that are starts
 * (forwarded-starts.ts).
 *
 * A start of the API or a trigger names the end of `flows` that its sender saw: the revision is the head at
 * that offset, so the replica must have reached it. One that lies beyond the end of `flows` was sent against
 * another installation, or `flows` was recreated: it is refused. A foreign start names none and takes the
 * replica's head; only where the flow is unknown might the replica be behind, so the end of `flows` is
 * fetched, the start waits until the replica is there, and then the engine decides.
 */
export class StartGate {
  readonly #flows: FlowFollower;
  readonly #wake: () => void;
  readonly #end: LogEnd;
  #giveUp: () => void = () => undefined;

  /** @param wake called when a start that was held may pass. */
  constructor(flows: FlowFollower, wake: () => void) {
    this.#flows = flows;
    this.#wake = wake;
    this.#end = new LogEnd(() => flows.end(), wake);
  }

  /** To be taken when a start is read: an end fetched later covers what its sender saw. */
  ticket(): number {
    return this.#end.ticket();
  }

  check(start: Parsed<StartRequest>, ticket: number): GateVerdict {
    if (!start.ok) return 'pass';
    const { namespace, flow, flowsOffset } = start.value;
    const known =
      flowsOffset === undefined
        ? this.#flows.registry.head(namespace, flow) !== undefined
        : this.#flows.reached(flowsOffset);
    if (known) return 'pass';
    const end = this.#end.endFor(ticket);
    if (end === undefined) return 'wait';
    if (flowsOffset !== undefined && flowsOffset > end) return unknownOffset(start.value, end);
    const needed = flowsOffset ?? end;
    if (this.#flows.reached(needed)) return 'pass';
    this.#giveUp();
    this.#giveUp = this.#flows.onReached(needed, this.#wake);
    return 'wait';
  }

  close(): void {
    this.#giveUp();
  }
}

function unknownOffset({ flowsOffset }: StartRequest, end: number): GateVerdict {
  const message =
    `The start names offset ${flowsOffset ?? 0} of flows, which ends at ${end}: it was sent against ` +
    'another installation, or flows was created anew. Send it again.';
  return { reason: 'flows-offset-unknown', message };
}
