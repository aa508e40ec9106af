import { BestOf } from './best-of.ts';
import { type Memory, REMEMBERED_MAX } from './memory.ts';
import { type ArrivalPoint, compareArrival, fingerprint, type S3Object } from './object.ts';
import { OBJECTS_MAX } from './settings.ts';

export interface SweepResult {
  /** New objects to start now, the oldest first. */
  readonly taken: readonly S3Object[];
  /** Objects started by an earlier look, whose action is to be done. */
  readonly unfinished: readonly S3Object[];
  /** Whether there are new objects that have to wait for the next look. */
  readonly isMore: boolean;
  /** The memory once the taken ones are started; their actions are not in it. */
  readonly remembered: Pick<Memory, 'horizon' | 'seen'>;
}

export interface SweepOptions {
  /** How many new objects to take at most. */
  readonly objectsMax: number;
  /** How many objects to remember as a rule. */
  readonly rememberedMax?: number;
}

/**
 * One look over the list of a bucket, object by object. It keeps what it takes and the newest of what was seen,
 * so its memory does not grow with the bucket.
 *
 * The oldest new objects are taken first. Therefore whatever is older than the first one that has to wait is
 * started, and the horizon may rise to it.
 */
export class Sweep {
  readonly #memory: Memory;
  readonly #rememberedMax: number;
  readonly #fresh: BestOf<S3Object>;
  readonly #known: BestOf<S3Object>;
  readonly #unfinished: S3Object[] = [];
  readonly #batch: S3Object[] = [];
  /** The oldest new object that is not of the batch, where there is a batch. */
  #waiting: S3Object | undefined;

  constructor(memory: Memory, { objectsMax, rememberedMax = REMEMBERED_MAX }: SweepOptions) {
    this.#memory = memory;
    this.#rememberedMax = rememberedMax;
    // No more is taken while actions fail: what waits for its action is bounded, and a loop of them seen.
    const room = Math.max(0, objectsMax - memory.unfinished.size);
    this.#fresh = new BestOf<S3Object>(room, compareArrival);
    this.#known = new BestOf<S3Object>(rememberedMax + OBJECTS_MAX, (a, b) => compareArrival(b, a));
  }

  see(object: S3Object): void {
    const { horizon, seen, unfinished, batch } = this.#memory;
    const isOld = horizon !== undefined && compareArrival(object, horizon) < 0;
    // Most of a large bucket goes this way, which costs no hash.
    if (isOld && unfinished.size === 0) return this.#known.add(object);
    const hash = fingerprint(object);
    const isUnfinished = unfinished.has(hash);
    if (isUnfinished) this.#unfinished.push(object);
    if (isUnfinished || isOld || seen.has(hash)) this.#known.add(object);
    else if (batch === undefined) this.#fresh.add(object);
    else if (batch.objects.has(hash)) this.#batch.push(object);
    else if (this.#waiting === undefined || compareArrival(object, this.#waiting) < 0) {
      this.#waiting = object;
    }
  }

  end(): SweepResult {
    const { best, next } = this.#fresh.result();
    const taken = this.#memory.batch === undefined ? best : this.#batch;
    const waiting = this.#memory.batch === undefined ? next : this.#waiting;
    for (const object of taken) this.#known.add(object);
    return {
      taken,
      unfinished: this.#unfinished,
      isMore: waiting !== undefined,
      remembered: this.#remembered(waiting),
    };
  }

  #remembered(waiting: ArrivalPoint | undefined): SweepResult['remembered'] {
    const { best: newestFirst, next: forgotten } = this.#known.result();
    const oldestRemembered =
      newestFirst.length > this.#rememberedMax ? newestFirst[this.#rememberedMax - 1] : undefined;
    const horizon =
      oldestRemembered && horizonOf(oldestRemembered, waiting, forgotten && newestFirst.at(-1));
    const kept =
      horizon === undefined
        ? newestFirst
        : newestFirst.filter((object) => compareArrival(object, horizon) >= 0);
    return { horizon, seen: new Set(kept.map(fingerprint)) };
  }
}

/**
 * As high as the count of remembered objects asks for, but not above what waits. Only what has no room at all
 * pushes it further: then more objects wait with old times than ever fit, after a look that was cut off.
 */
function horizonOf(
  oldestRemembered: ArrivalPoint,
  waiting: ArrivalPoint | undefined,
  lowest: ArrivalPoint | undefined,
): ArrivalPoint {
  const isWaitingOlder = waiting !== undefined && compareArrival(waiting, oldestRemembered) < 0;
  const wanted = isWaitingOlder ? waiting : oldestRemembered;
  return pointOf(lowest !== undefined && compareArrival(wanted, lowest) < 0 ? lowest : wanted);
}

function pointOf({ lastModifiedMs, key, versionId }: ArrivalPoint): ArrivalPoint {
  return { lastModifiedMs, key, versionId };
}
