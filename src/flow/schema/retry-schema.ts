/** `retry` of a task: one branch for each kind of delay, chosen by `type`. */
import type { PropertySchema } from '../../model/catalog.ts';
import { limits } from '../../model/limits.ts';
import type { JsonObject } from '../../support/json.ts';

const duration = (description: string): JsonObject => ({
  type: 'string',
  'x-format': 'duration',
  description,
});

const ends = {
  maxAttempts: {
    type: 'integer',
    minimum: 1,
    maximum: limits.retryAttempts.value,
    description: 'How many attempts there are, the first included.',
  },
  maxDuration: duration('No attempt begins later than this after the first began.'),
};

function branch(
  type: string,
  description: string,
  properties: JsonObject,
  required: readonly string[],
): JsonObject {
  return {
    type: 'object',
    description,
    properties: { type: { const: type }, ...properties, ...ends },
    required: ['type', ...required],
    additionalProperties: false,
    anyOf: [{ required: ['maxAttempts'] }, { required: ['maxDuration'] }],
  };
}

export const retrySchema: PropertySchema = {
  'x-kind': 'static',
  type: 'object',
  discriminator: { propertyName: 'type' },
  oneOf: [
    branch(
      'constant',
      'The same delay before each further attempt.',
      { interval: duration('The delay.') },
      ['interval'],
    ),
    branch(
      'exponential',
      'A delay that grows with each attempt.',
      {
        interval: duration('The first delay.'),
        maxInterval: duration('The longest delay.'),
        factor: {
          type: 'number',
          minimum: 1,
          default: 2,
          description: 'By how much each delay is longer than the one before.',
        },
      },
      ['interval'],
    ),
    branch(
      'random',
      'A delay between two bounds, by chance.',
      {
        minInterval: duration('The shortest delay.'),
        maxInterval: duration('The longest delay.'),
      },
      ['minInterval', 'maxInterval'],
    ),
  ],
  description:
    'Further attempts after a failure: `constant {interval}`, `exponential {interval, maxInterval, factor}` ' +
    'or `random {minInterval, maxInterval}`, with `maxAttempts` or `maxDuration`. Default: none.',
};
