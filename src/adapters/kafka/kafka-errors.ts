import { AssertionFailure } from '../../support/assert.ts';
import { FatalError, RetryableError } from '../../model/errors.ts';
import type { ProtocolError } from './kafkajs-internals.ts';
import { MalformedBytesError } from './wire/byte-reader.ts';
import { errorCode, type ErrorCode } from './wire/error-codes.ts';

/** A broker answered with an error code that is neither temporary nor a matter of configuration. */
export class KafkaResponseError extends Error {
  override readonly name = 'KafkaResponseError';
  readonly entry: ErrorCode;

  constructor(entry: ErrorCode, what: string, options?: ErrorOptions) {
    super(`${what}: ${entry.name} (${entry.code})`, options);
    this.entry = entry;
  }
}

/**
 * TLS alerts and certificate checks, by the code of Node's error: no retry makes a certificate
 * good.
 */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;

/**
 * An error of kafkajs or of our codecs as one of the product's classes: {@link FatalError} where a
 * person has to act, {@link KafkaResponseError} where the caller decides by the code, else {@link
 * RetryableError}: the broker could not be reached or did not answer, and the fate of what was
 * asked is unknown.
 * @param what whom it concerns, the beginning of the message: `127.0.0.1:9092`
 */
export function asPortError(error: unknown, what: string): Error {
  if (!(error instanceof Error)) return new RetryableError('kafka-unreachable', String(error));
  if (isOurs(error)) return error;
  if (isProtocolError(error)) return errorOfCode(error.code, what, error);
  if (error.name === 'KafkaJSSASLAuthenticationError') {
    return new FatalError(
      'kafka-authentication',
      `${what}: ${error.message}; check kafka.sasl (mechanism, user name and password)`,
      { cause: error },
    );
  }
  if ('code' in error && typeof error.code === 'string' && TLS_CODE.test(error.code)) {
    return new FatalError(
      'kafka-tls',
      `${what}: ${error.message}; check kafka.ssl (ca, cert, key) and the listener's certificate`,
      { cause: error },
    );
  }
  if (error.name.startsWith('KafkaJS') || isUnreadable(error)) {
    const { cause } = error;
    // kafkajs wraps what a retry ended with.
    if (cause instanceof Error && isProtocolError(cause)) return asPortError(cause, what);
    return new RetryableError('kafka-unreachable', `${what}: ${error.message}`, { cause: error });
  }
  return error;
}

/** An answer that is not what the protocol demands; kafkajs then reads beyond its bytes. */
function isUnreadable(error: Error): boolean {
  return error instanceof MalformedBytesError || error instanceof RangeError;
}

/** The error of a code that is not 0. */
export function errorOfCode(code: number, what: string, cause?: Error): Error {
  const entry = errorCode(code);
  const message = `${what}: ${entry.name} (${code})`;
  if (entry.action === 'configuration') {
    return new FatalError('kafka-configuration', message, { cause });
  }
  return new KafkaResponseError(entry, what, { cause });
}

/** True when the same request may succeed later. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof KafkaResponseError) return error.entry.action === 'retry-same-bytes';
  return error instanceof RetryableError;
}

function isOurs(error: Error): boolean {
  return (
    error instanceof KafkaResponseError ||
    error instanceof RetryableError ||
    error instanceof FatalError ||
    error instanceof AssertionFailure
  );
}

/** Also its subclasses, which have names of their own (KafkaJSCreateTopicError). */
export function isProtocolError(error: Error): error is ProtocolError {
  return (
    error.name.startsWith('KafkaJS') &&
    'type' in error &&
    'code' in error &&
    typeof error.code === 'number'
  );
}
