import { describe, expect, test } from 'vitest';
import {
  asPortError,
  errorOfCode,
  isTemporary,
  KafkaResponseError,
} from '../../../src/adapters/kafka/kafka-errors.ts';
import { repeat } from '../../../src/adapters/kafka/waiting.ts';
import { MalformedBytesError } from '../../../src/adapters/kafka/wire/byte-reader.ts';
import { FatalError, RetryableError } from '../../../src/model/errors.ts';

function kafkajsError(name: string, fields: object = {}): Error {
  return Object.assign(new Error('kafkajs says'), { name, ...fields });
}

describe('an error of kafkajs', () => {
  test.each([
    ['KafkaJSConnectionError', { code: 'ECONNREFUSED' }],
    ['KafkaJSConnectionClosedError', {}],
    ['KafkaJSRequestTimeoutError', {}],
    ['KafkaJSLockTimeout', {}],
  ])('%s is temporary', (name, fields) => {
    const error = asPortError(kafkajsError(name, fields), 'host:9092');
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toBe('host:9092: kafkajs says');
    expect(isTemporary(error)).toBe(true);
  });

  test.each([
    ['KafkaJSSASLAuthenticationError', {}, 'kafka-authentication'],
    ['KafkaJSConnectionError', { code: 'CERT_HAS_EXPIRED' }, 'kafka-tls'],
    ['KafkaJSConnectionError', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'kafka-tls'],
    ['KafkaJSProtocolError', { type: 'X', code: 29 }, 'kafka-configuration'],
  ])('%s %j is for a person to mend', (name, fields, code) => {
    const error = asPortError(kafkajsError(name, fields), 'host:9092');
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code });
  });

  test('that wraps the answer of a broker is that answer', () => {
    const cause = kafkajsError('KafkaJSProtocolError', { type: 'X', code: 25 });
    const error = asPortError(kafkajsError('KafkaJSNonRetriableError', { cause }), 'host:9092');
    expect(error).toBeInstanceOf(KafkaResponseError);
    expect(error.message).toBe('host:9092: UNKNOWN_MEMBER_ID (25)');
    expect(isTemporary(error)).toBe(false);
  });

  test.each([new MalformedBytesError('short'), new RangeError('out of range')])(
    'or an answer that cannot be read (%s) is temporary',
    (error) => {
      expect(isTemporary(asPortError(error, 'host:9092'))).toBe(true);
    },
  );

  test('is told apart from a fault of ours', () => {
    const fault = new TypeError('undefined is not a function');
    expect(asPortError(fault, 'host:9092')).toBe(fault);
  });
});

describe('repeating', () => {
  const never = new AbortController().signal;
  const backOff = { firstMs: 1, longestMs: 2 };

  test('goes on while it may help, and ends with the first result', async () => {
    let attempts = 0;
    const attempt = () => {
      attempts++;
      if (attempts === 1) return Promise.reject(new RetryableError('x', 'away'));
      if (attempts === 2) return Promise.reject(errorOfCode(15, 'group'));
      return Promise.resolve(attempts);
    };
    await expect(repeat(never, attempt, backOff)).resolves.toBe(3);
  });

  test('ends with an error that would stay', async () => {
    const error = errorOfCode(53, 'id');
    await expect(repeat(never, () => Promise.reject(error), backOff)).rejects.toBe(error);
  });

  test('does not wait for an attempt that hangs when it is told to stop', async () => {
    const stop = new AbortController();
    const reason = new Error('stop');
    const repeating = repeat(stop.signal, () => new Promise<never>(() => undefined));
    stop.abort(reason);
    await expect(repeating).rejects.toBe(reason);
  });

  test('does not begin what is already over', async () => {
    const reason = new Error('over');
    let attempts = 0;
    const attempt = () => Promise.resolve(++attempts);
    await expect(repeat(AbortSignal.abort(reason), attempt)).rejects.toBe(reason);
    expect(attempts).toBe(0);
  });
});
