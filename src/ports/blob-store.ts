/** Large values, by content. Keys are made by us; nothing from outside becomes a path (S7). */
export interface BlobStore {
  /** Stores bytes and returns where; storing the same bytes again is harmless. */
  put(bytes: Uint8Array, contentType: string): Promise<StoredBlob>;
  /** The bytes, or undefined when there is no such blob. */
  get(uri: string): Promise<Uint8Array | undefined>;
  delete(uri: string): Promise<void>;
}

export interface StoredBlob {
  /** `blob:<sha256>`. */
  readonly uri: string;
  readonly bytes: number;
  readonly sha256: string;
}
