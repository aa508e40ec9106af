import type { KafkajsModules } from './module-cache.ts';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

/** For how long kafkajs itself waits before it looks at a queue that is full, ms. */
const PENDING_CHECK_MS = 10;

/**
 * Fault: a connection wakes up again and again, also with nothing to do:
 * `scheduleCheckPendingRequests` sets a timer of `throttledUntil - now`, a large negative number,
 * and the timer sets the next one.
 * Evidence: kafkajs #1556, #1604, #1704, #1751 (open PRs #1667, #1755, #1768). 2,600 timers a
 * second and 3.5 % of a core with two idle connections, and a TimeoutNegativeWarning on Node 24; 0
 * and 0.2 % with this.
 * Remove when: kafkajs sets no timer while nothing is pending (`connections.test.ts` counts them).
 */
export function correctTimerLoop(modules: KafkajsModules): void {
  // The export is the class of network/requestQueue.
  const queue = modules.load('network/requestQueue') as { prototype: object };
  Object.assign(queue.prototype, {
    scheduleCheckPendingRequests(this: RequestQueue): void {
      if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
      const throttledMs = this.throttledUntil - Date.now();
      this.throttleCheckTimeoutId = setTimeout(
        () => {
          this.throttleCheckTimeoutId = null;
          this.checkPendingRequests();
        },
        throttledMs > 0 ? throttledMs : PENDING_CHECK_MS,
      );
    },
  });
}
