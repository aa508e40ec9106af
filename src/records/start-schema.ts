import { limits } from '../model/limits.ts';
import type { JsonObject } from '../support/json.ts';
import { namePattern } from './start-fields.ts';

const name: JsonObject = { type: 'string', pattern: namePattern.source };

/** The public contract of `starts` as JSON Schema; the readers beside this file say it in words. */
const plain: JsonObject = {
  title: 'PlainStart',
  type: 'object',
  properties: {
    namespace: { ...name, description: 'The flow’s namespace.' },
    flow: { ...name, description: 'The flow’s id.' },
    inputs: {
      type: ['object', 'null'],
      description: 'The flow’s inputs by name; its declarations check and complete them.',
    },
    labels: {
      type: ['object', 'null'],
      additionalProperties: { type: ['string', 'number', 'boolean'] },
      description: 'Labels of the execution, beside the flow’s own.',
    },
    idempotencyKey: {
      type: ['string', 'null'],
      minLength: 1,
      description:
        'Starts of one flow with equal keys are one start, for 24 hours. ' +
        `At most ${limits.idempotencyKeyBytes.value} bytes.`,
    },
  },
  required: ['namespace', 'flow'],
  additionalProperties: false,
};

const nonEmpty: JsonObject = { type: 'string', minLength: 1 };

const event: JsonObject = {
  title: 'StructuredCloudEvent',
  type: 'object',
  properties: {
    specversion: { const: '1.0' },
    id: { ...nonEmpty, description: 'With `source` the idempotency key.' },
    source: { ...nonEmpty, description: 'With `id` the idempotency key.' },
    type: nonEmpty,
    subject: {
      type: 'string',
      pattern: `^${inner(namePattern)}/${inner(namePattern)}$`,
      description: '`<namespace>/<flow>`: the flow to start.',
    },
    data: { type: ['object', 'null'], description: 'The flow’s inputs by name.' },
    data_base64: { type: ['string', 'null'], description: 'The same, as base64 of JSON.' },
    millracelabels: {
      type: ['string', 'null'],
      description: 'Labels of the execution: a JSON object as text.',
    },
    traceparent: { type: 'string', description: 'W3C Trace Context.' },
  },
  required: ['specversion', 'id', 'source', 'type', 'subject'],
};

export const startSchema: JsonObject = { anyOf: [plain, event] };

function inner(pattern: RegExp): string {
  return pattern.source.slice(1, -1);
}
