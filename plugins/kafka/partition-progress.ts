/**
 * How far the records of one partition are safe: the position that may be committed is behind the longest row of
 * records, from the first on, whose fates are all known. Records are tracked in their order and end in any.
 */
interface Entry {
  /** The position behind it. */
  readonly next: number;
  readonly bytes: number;
  isSafe: boolean;
}

/** Records, and bytes of their values, of one partition that may wait for their fates. */
const ENTRIES_MAX = 1_000;
const BYTES_MAX = 8 * 1024 * 1024;

export class PartitionProgress {
  readonly source: string;
  /** The end of the partition, as far as is known. */
  endOffset: number;
  readonly #onMoved: () => void;
  readonly #entries: Entry[] = [];
  #first = 0;
  #bytes = 0;
  #position: number;
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(source: string, place: { position: number; end: number }, onMoved: () => void) {
    this.source = source;
    this.endOffset = place.end;
    this.#position = place.position;
    this.#onMoved = onMoved;
  }

  /** What may be committed. */
  get position(): number {
    return this.#position;
  }

  get lag(): number {
    return Math.max(0, this.endOffset - this.#position);
  }

  /** Records whose fates are not known yet. */
  get outstanding(): number {
    return this.#entries.length - this.#first;
  }

  /** The partition is somebody else's. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get hasRoom(): boolean {
    return this.outstanding < ENTRIES_MAX && this.#bytes < BYTES_MAX;
  }

  /** The fate of what lies before `next` is known when the promise resolves; it must not reject. */
  track(next: number, bytes: number, fate: Promise<unknown>): void {
    const entry: Entry = { next, bytes, isSafe: false };
    this.#entries.push(entry);
    this.#bytes += bytes;
    void fate.then(() => {
      entry.isSafe = true;
      this.#advance();
    });
  }

  /** There is nothing to be tracked before `next`. */
  passed(next: number): void {
    const last = this.outstanding > 0 ? this.#entries.at(-1) : undefined;
    if (last !== undefined) {
      if (last.next < next) this.#entries.push({ next, bytes: 0, isSafe: true });
    } else if (next > this.#position) {
      this.#position = next;
      this.#onMoved();
    }
  }

  /** Resolves when the fate of a record is known, or it is over. */
  moved(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #advance(): void {
    for (let entry = this.#entries[this.#first]; entry?.isSafe === true;) {
      this.#position = entry.next;
      this.#bytes -= entry.bytes;
      this.#first += 1;
      entry = this.#entries[this.#first];
    }
    if (this.#first >= ENTRIES_MAX || this.outstanding === 0) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    this.#wake();
    this.#onMoved();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
