import type { TaskRunId } from '../model/ids.ts';
import type { TopicName } from '../model/log-records.ts';

/**
 * Spreads dispatches over the partitions of a worker group's topic: each goes where this executor has the
 * least outstanding (handed out, no end yet). Workers own partitions, so a slow or full worker gets less.
 * What a former owner handed out is not known here and not counted.
 */
export class DispatchBalance {
  readonly #partitionCount: (topic: TopicName) => number;
  readonly #outstanding = new Map<TopicName, number[]>();
  #turn = 0;

  /** @param partitionCount of a topic; below 1 while it is not known: then the log's refusal tells why. */
  constructor(partitionCount: (topic: TopicName) => number) {
    this.#partitionCount = partitionCount;
  }

  /** What one partition of events hands out; closing it forgets it all. */
  share(): DispatchShare {
    return new DispatchShare(this);
  }

  /** The partition with the least outstanding, ties in turn; it has one more from now on. */
  take(topic: TopicName): number {
    const outstanding = this.#of(topic);
    const count = outstanding.length;
    const first = this.#turn++ % count;
    let best = first;
    for (let step = 1; step < count; step++) {
      const candidate = (first + step) % count;
      if ((outstanding[candidate] ?? 0) < (outstanding[best] ?? 0)) best = candidate;
    }
    outstanding[best] = (outstanding[best] ?? 0) + 1;
    return best;
  }

  release(topic: TopicName, partition: number): void {
    const outstanding = this.#of(topic);
    outstanding[partition] = Math.max(0, (outstanding[partition] ?? 0) - 1);
  }

  #of(topic: TopicName): number[] {
    let outstanding = this.#outstanding.get(topic);
    if (outstanding === undefined) {
      outstanding = [];
      this.#outstanding.set(topic, outstanding);
    }
    // A worker group's topic may become known after the first dispatch to it.
    const count = Math.max(1, this.#partitionCount(topic));
    while (outstanding.length < count) outstanding.push(0);
    return outstanding;
  }
}

interface Place {
  readonly topic: TopicName;
  readonly partition: number;
}

/** The outstanding dispatches of one partition of events, by task run. */
export class DispatchShare {
  readonly #balance: DispatchBalance;
  readonly #places = new Map<TaskRunId, Place>();

  constructor(balance: DispatchBalance) {
    this.#balance = balance;
  }

  /** Where the dispatch goes. A task run that is handed out again leaves its former place. */
  take(topic: TopicName, taskRun: TaskRunId): number {
    this.release(taskRun);
    const partition = this.#balance.take(topic);
    this.#places.set(taskRun, { topic, partition });
    return partition;
  }

  /** The task run has ended. Unknown ones (executor-run tasks, a former owner's) are fine. */
  release(taskRun: TaskRunId): void {
    const place = this.#places.get(taskRun);
    if (place === undefined) return;
    this.#places.delete(taskRun);
    this.#balance.release(place.topic, place.partition);
  }

  /** Task runs that are out. */
  get size(): number {
    return this.#places.size;
  }

  close(): void {
    for (const { topic, partition } of this.#places.values())
      this.#balance.release(topic, partition);
    this.#places.clear();
  }
}
