import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import {
  errorCode,
  errorCodes,
  type ErrorAction,
} from '../../../src/adapters/kafka/wire/error-codes.ts';

/** What was decided for a Produce answer on `events`, by code. */
const PRODUCE: Readonly<Record<ErrorAction, readonly number[]>> = {
  committed: [0],
  fenced: [47, 90],
  reopen: [45, 46, 48, 49, 59],
  'retry-same-bytes': [-1, 2, 3, 5, 6, 7, 13, 19, 20, 56],
  refused: [10, 18, 87],
  configuration: [29, 31, 53, 72],
};

/** kafkajs has the names up to 88; some are older than what Kafka calls them today. */
const RENAMED: Readonly<Record<string, string>> = {
  UNKNOWN: 'UNKNOWN_SERVER_ERROR',
  NOT_LEADER_FOR_PARTITION: 'NOT_LEADER_OR_FOLLOWER',
  GROUP_LOAD_IN_PROGRESS: 'COORDINATOR_LOAD_IN_PROGRESS',
  GROUP_COORDINATOR_NOT_AVAILABLE: 'COORDINATOR_NOT_AVAILABLE',
  NOT_COORDINATOR_FOR_GROUP: 'NOT_COORDINATOR',
};

describe('error codes', () => {
  for (const [action, codes] of Object.entries(PRODUCE)) {
    test.each(codes)(`%i of a Produce answer: ${action}`, (code) => {
      expect(errorCodes.get(code)?.action).toBe(action);
    });
  }

  test('have the names that Kafka gives them', () => {
    const { errorCodes: known } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
      errorCodes: readonly { code: number; type: string }[];
    };
    const names = new Map(known.map(({ code, type }) => [code, RENAMED[type] ?? type]));
    const ours = [...errorCodes.values()].filter(({ code }) => code !== 0 && code <= 88);
    const different = ours.filter(({ code, name }) => names.get(code) !== name);
    expect(different).toEqual([]);
  });

  test('that say that the leader moved, and no others, ask for new metadata', () => {
    const stale = [...errorCodes.values()].filter(({ isStaleMetadata }) => isStaleMetadata);
    const codes = stale.map(({ code }) => code).toSorted((left, right) => left - right);
    expect(codes).toEqual([-1, 3, 5, 6, 8, 9, 13, 56, 74, 75]);
    expect(stale.every(({ action }) => action === 'retry-same-bytes')).toBe(true);
  });

  test('that nobody knows leave it to the log', () => {
    expect(errorCode(1234)).toEqual({
      code: 1234,
      name: 'UNKNOWN_CODE_1234',
      action: 'reopen',
      isStaleMetadata: false,
    });
  });
});
