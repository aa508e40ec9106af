/** What keeps a Node process alive, counted by kind. */
import { setTimeout as pause } from 'node:timers/promises';

/** A closed socket or child needs a few turns of the event loop until it is gone. */
const SETTLE_TIMEOUT_MS = 2_000;
const SETTLE_PAUSE_MS = 10;

/** Kinds that end by themselves or belong to the runner: file reads, lookups, its timers and its pipe. */
const HARMLESS =
  /^(?:FSReqCallback|FSReqPromise|GetAddrInfoReqWrap|Immediate|PipeWrap|TTYWrap|CloseReq)$/;

type Counts = ReadonlyMap<string, number>;

/** The referenced resources of this process by Node's names (`TCPServerWrap`, `Timeout`, …). */
export function openHandles(): Counts {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function added(before: Counts): string[] {
  const leaks: string[] = [];
  for (const [kind, count] of openHandles()) {
    const more = count - (before.get(kind) ?? 0);
    if (more > 0 && !HARMLESS.test(kind)) leaks.push(more === 1 ? kind : `${more} ${kind}`);
  }
  return leaks;
}

/** What is open now beyond `before`, after a short wait for what is just closing. */
export async function leakedHandles(before: Counts): Promise<string[]> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  let leaks = added(before);
  while (leaks.length > 0 && Date.now() < deadline) {
    await pause(SETTLE_PAUSE_MS, undefined, { ref: false });
    leaks = added(before);
  }
  return leaks;
}
