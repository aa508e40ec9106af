/**
 * What waits to be saved, in the order it became dirty. A checkpoint is a round: everything that was dirty
 * when the round began must have been taken before its marker is written. Entries carry the round in which
 * they became dirty, and they keep their place, so the first one tells whether the round is done.
 */
import { limits } from '../../model/limits.ts';
import { pageWrite, type PageUnit, type PageWrite } from './page.ts';

interface Waiting {
  unit: PageUnit;
  readonly round: number;
  /** Estimate of what changed. */
  bytes: number;
}

export class DirtyQueue {
  private readonly waiting = new Map<string, Waiting>();
  private readonly large = new Set<string>();
  private round = 0;

  get size(): number {
    return this.waiting.size;
  }

  get hasLarge(): boolean {
    return this.large.size > 0;
  }

  mark(unit: PageUnit): void {
    const entry = this.waiting.get(unit.entity);
    if (entry === undefined) this.waiting.set(unit.entity, { unit, round: this.round, bytes: 0 });
    else entry.unit = unit;
  }

  /** More of a dirty entity is unsaved. */
  grow(entity: string, bytes: number): void {
    const entry = this.waiting.get(entity);
    if (entry === undefined) return;
    entry.bytes += bytes;
    if (entry.bytes >= limits.entityDirtyBytes.value) this.large.add(entity);
  }

  /** True for what the running round has still to write. */
  isOwed(entity: string): boolean {
    const entry = this.waiting.get(entity);
    return entry !== undefined && entry.round < this.round;
  }

  remove(entity: string): void {
    this.waiting.delete(entity);
    this.large.delete(entity);
  }

  beginRound(): void {
    this.round++;
  }

  roundTaken(): boolean {
    for (const { round } of this.waiting.values()) return round >= this.round;
    return true;
  }

  /** At least one, until `bytesMax` is reached. */
  take(offset: number, bytesMax: number): readonly PageWrite[] {
    const writes: PageWrite[] = [];
    for (let left = bytesMax; left > 0;) {
      const [oldest] = this.waiting.values();
      if (oldest === undefined) break;
      const write = this.takeOne(oldest.unit, offset);
      if (write.pages.length === 0) continue;
      writes.push(write);
      left -= write.bytes;
    }
    return writes;
  }

  takeLarge(offset: number): readonly PageWrite[] {
    const units = [...this.large].flatMap((entity) => this.waiting.get(entity)?.unit ?? []);
    return units.map((unit) => this.takeOne(unit, offset));
  }

  private takeOne(unit: PageUnit, offset: number): PageWrite {
    this.remove(unit.entity);
    return pageWrite(unit.entity, unit.takePages(offset));
  }
}
