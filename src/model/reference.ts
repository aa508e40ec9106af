/**
 * A value over 256 KB does not travel in records: it lies in the blob store, and this stands in its place
 * (docs/ARCHITECTURE.md, invariant 10). The executor passes references on whole; whatever looks into one is
 * evaluated by a worker.
 */

/**
 * The key that marks a reference. Data from outside that happens to have this key is data: the codec that
 * reads it is the one to see to that.
 */
export const referenceMarker = '$millrace.reference';

export interface ValueReference {
  readonly '$millrace.reference': 1;
  readonly kind: 'reference';
  /** Where the blob store keeps the value. */
  readonly uri: string;
  /** Size of the value, in bytes as stored. */
  readonly bytes: number;
  /** SHA-256 of the stored bytes, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Media type of the stored bytes; `application/json` for any value that is not plain bytes. */
  readonly contentType: string;
}

/** A reference with its marker. */
export function valueReference(
  fields: Omit<ValueReference, typeof referenceMarker | 'kind'>,
): ValueReference {
  return {
    [referenceMarker]: 1,
    kind: 'reference',
    uri: fields.uri,
    bytes: fields.bytes,
    sha256: fields.sha256,
    contentType: fields.contentType,
  };
}

/** True for a reference: the marker and every field of it are own properties of the right type. */
export function isReference(value: unknown): value is ValueReference {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, referenceMarker)) {
    return false;
  }
  // The marker is there; the fields are checked one by one below.
  const fields = value as Partial<Record<keyof ValueReference, unknown>>;
  return (
    fields[referenceMarker] === 1 &&
    fields.kind === 'reference' &&
    typeof fields.uri === 'string' &&
    typeof fields.bytes === 'number' &&
    typeof fields.sha256 === 'string' &&
    typeof fields.contentType === 'string'
  );
}
