/**
 * A compressed batch that cannot be expanded: unknown codec, broken stream, or larger than the
 * limit.
 */
export class CompressionError extends Error {
  override readonly name = 'CompressionError';
}
