/** One record of `checkpoints`: `value` null is a tombstone. */
export interface Page {
  readonly key: string;
  readonly value: string | null;
}

/**
 * The dirty pages of one entity, to be written as one record batch where they fit, else in this order.
 * Values are JSON with the field `offset`.
 */
export interface PageWrite {
  readonly entity: string;
  readonly pages: readonly Page[];
  /** Characters of keys and values. */
  readonly bytes: number;
}

/** Something that is saved as pages of its own. */
export interface PageUnit {
  readonly entity: string;
  /** The pages that changed since the last call, now clean; each names the offset that it includes. */
  takePages(offset: number): readonly Page[];
}

export function pageWrite(entity: string, pages: readonly Page[]): PageWrite {
  let bytes = 0;
  for (const { key, value } of pages) bytes += key.length + (value?.length ?? 0);
  return { entity, pages, bytes };
}
