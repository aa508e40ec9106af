import type { ReplyAddress } from '../model/commands.ts';
import type { Failure, FailureCode } from '../model/failure.ts';
import type { ExecutionId, TaskRunId } from '../model/ids.ts';
import type { Iterations } from '../model/iterations.ts';
import type { DeferredExpression } from '../model/records.ts';
import { referenceMarker, type ValueReference } from '../model/reference.ts';
import type {
  RecordOrigin,
  SourcePosition,
  StartRequest,
  TriggerContext,
} from '../model/starts.ts';
import { terminalStates } from '../model/states.ts';
import {
  integer,
  json,
  list,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  pattern,
  record,
  type Shape,
  text,
  textMap,
  textOf,
  titled,
} from './shape.ts';

export const executionIdShape: Shape<ExecutionId> = titled(
  'ExecutionId',
  pattern(
    /^[0-9a-hjkmnp-tv-z]{26}$/,
    'an execution id (26 characters of lower-case Crockford base32)',
  ),
);

export const taskRunIdShape: Shape<TaskRunId> = titled(
  'TaskRunId',
  pattern(/^[0-9a-hjkmnp-tv-z]{26}-[1-9][0-9]*$/, 'a task run id (`<execution id>-<number>`)'),
);

export const iterationsShape: Shape<Iterations> = list(natural);

export const failureShape: Shape<Failure> = titled(
  'Failure',
  record<Failure>({
    code: textOf<FailureCode>(),
    message: text,
    taskId: optional(text),
    taskRunId: optional(text),
    iterations: optional(iterationsShape),
    attempt: optional(natural),
    type: optional(text),
    details: optional(object),
    outputs: optional(json),
  }),
);

export const referenceShape: Shape<ValueReference> = titled(
  'ValueReference',
  record<ValueReference>({
    [referenceMarker]: oneOf([1]),
    kind: oneOf(['reference']),
    uri: text,
    bytes: natural,
    sha256: text,
    contentType: text,
  }),
);

export const outcomeShape = oneOf(['definite', 'unknown']);

export const terminalStateShape = oneOf(terminalStates);

export const originShape: Shape<RecordOrigin> = titled(
  'RecordOrigin',
  record<RecordOrigin>({
    topic: text,
    partition: natural,
    offset: integer,
  }),
);

export const sourceShape: Shape<SourcePosition> = titled(
  'SourcePosition',
  record<SourcePosition>({
    id: text,
    sequence: natural,
  }),
);

export const replyShape: Shape<ReplyAddress> = titled(
  'ReplyAddress',
  record<ReplyAddress>({
    requester: text,
    request: text,
  }),
);

/** The further fields are the trigger's own. */
export const triggerShape: Shape<TriggerContext> = titled(
  'TriggerContext',
  record<{
    readonly type: string;
    readonly id: string | null;
  }>({ type: text, id: nullable(text) }),
);

export const startShape: Shape<StartRequest> = titled(
  'StartRequest',
  record<StartRequest>({
    namespace: text,
    flow: text,
    inputs: object,
    labels: textMap,
    trigger: triggerShape,
    executionId: optional(executionIdShape),
    idempotencyKey: optional(text),
    source: optional(sourceShape),
    overlap: optional(oneOf(['skip'])),
    flowsOffset: optional(natural),
    traceparent: optional(text),
  }),
);

/** A step into a value: a key of an object or an index of a list. */
const stepShape: Shape<string | number> = {
  problem: (value) =>
    typeof value === 'string' || natural.problem(value) === undefined
      ? undefined
      : ' must be a key or an index',
  schema: { anyOf: [text.schema, natural.schema] },
};

export const deferredShape: Shape<DeferredExpression> = titled(
  'DeferredExpression',
  record<DeferredExpression>({
    path: list(stepShape),
    template: text,
    context: object,
  }),
);
