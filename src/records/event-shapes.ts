/** The shapes of all events, as model/events.ts has them. A new event there does not compile without one here. */
import type { CommandRejection } from '../model/commands.ts';
import type { Cause, CommandFailedCause } from '../model/cause.ts';
import type * as model from '../model/events.ts';
import { logLevels } from '../model/records.ts';
import { executionStates } from '../model/states.ts';
import { endExecutionShape } from './commands.ts';
import {
  deferredShape,
  executionIdShape,
  failureShape,
  originShape,
  outcomeShape,
  referenceShape,
  replyShape,
  sourceShape,
  startShape,
  terminalStateShape,
  triggerShape,
} from './common-shapes.ts';
import {
  type FieldShapes,
  json,
  list,
  milliseconds,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  textMap,
  textOf,
  titled,
  variants,
} from './shape.ts';

const causeShape: Shape<Cause> = titled(
  'Cause',
  variants<Cause, 'kind'>('kind', {
    start: record({ kind: oneOf(['start']), offset: natural }),
    command: record<Extract<Cause, { readonly kind: 'command' }>>({
      kind: oneOf(['command']),
      offset: natural,
      replyTo: optional(replyShape),
      source: optional(sourceShape),
    }),
    timer: record({ kind: oneOf(['timer']), dueMs: milliseconds }),
    continue: record({ kind: oneOf(['continue']) }),
    'worker-gone': record({ kind: oneOf(['worker-gone']), worker: text }),
    'effect-refused': record({ kind: oneOf(['effect-refused']), offset: natural, index: natural }),
    'dispatch-stale': record({ kind: oneOf(['dispatch-stale']), dispatch: natural }),
    'command-failed': record<CommandFailedCause>({
      kind: oneOf(['command-failed']),
      message: text,
      origin: optional(originShape),
      preview: optional(text),
      replyTo: optional(replyShape),
      source: optional(sourceShape),
    }),
  }),
);

const aboutShape: Shape<model.About> = titled(
  'About',
  record<model.About>({
    namespace: text,
    flow: text,
    revision: natural,
    state: oneOf(executionStates),
    labels: textMap,
    trigger: record({ type: text, id: nullable(text) }),
    startedAtMs: milliseconds,
    traceparent: optional(text),
  }),
);

/** The shape of one event: its own fields, and those that every event has. */
function event<Value extends model.Event>(
  type: Value['type'],
  fields: Omit<FieldShapes<Value>, 'type' | 'time' | 'cause'>,
): Shape<Value> {
  const whole = { type: oneOf([type]), time: milliseconds, cause: causeShape, ...fields };
  // `whole` has every field: the three common ones and, by the parameter's type, all others.
  return titled(type, record<Value>(whole as unknown as FieldShapes<Value>));
}

const execution = executionIdShape;
const iterationShape: Shape<model.IterationPlace> = titled(
  'IterationPlace',
  record<model.IterationPlace>({
    run: natural,
    loop: natural,
    index: natural,
    outer: optional(list(natural)),
  }),
);
const task = {
  run: natural,
  parent: natural,
  task: text,
  taskType: text,
  iteration: optional(iterationShape),
};
const values = { run: natural, values: list(json), keys: optional(list(text)) };
const cancels = record({ workerGroup: text, dispatch: natural });
const yes = oneOf([true]);

/** One shape per event type. */
export const eventShapes = {
  'execution.created': event<model.ExecutionCreated>('execution.created', {
    execution,
    seq: natural,
    namespace: text,
    flow: text,
    revision: natural,
    flowOffset: natural,
    flowSha256: text,
    inputs: object,
    labels: textMap,
    variables: object,
    globals: object,
    trigger: triggerShape,
    tasks: natural,
    timeoutAtMs: optional(milliseconds),
    idempotencyKey: optional(text),
    keyWindow: optional(record({ number: natural, first: natural })),
    source: optional(sourceShape),
    overlap: optional(oneOf(['skip'])),
    traceparent: optional(text),
  }),
  'execution.ending': event<model.ExecutionEnding>('execution.ending', {
    execution,
    mode: oneOf(['kill', 'exit', 'timeout', 'cancel', 'abort']),
    state: terminalStateShape,
    reason: optional(text),
    error: optional(failureShape),
    repeated: optional(yes),
    timedOut: optional(yes),
  }),
  'execution.ended': event<model.ExecutionEnded>('execution.ended', {
    execution,
    seq: natural,
    about: aboutShape,
    state: terminalStateShape,
    outputs: json,
    error: optional(failureShape),
  }),
  'block.opened': event<model.BlockOpened>('block.opened', {
    execution,
    ...task,
    attempt: natural,
    total: natural,
    limit: natural,
    failFast: optional(oneOf(['wait', 'kill', 'detach'])),
    branch: optional(nullable(text)),
    loop: optional(record<model.LoopValues>({ ...values, pages: optional(referenceShape) })),
    timeoutAtMs: optional(milliseconds),
  }),
  'stage.entered': event<model.StageEntered>('stage.entered', {
    execution,
    run: natural,
    stage: oneOf(['errors', 'finally', 'waiting']),
    total: natural,
    attempt: optional(natural),
    state: terminalStateShape,
    error: optional(failureShape),
    detaches: optional(natural),
  }),
  'block.stopping': event<model.BlockStopping>('block.stopping', {
    execution,
    run: natural,
    mode: oneOf(['fail', 'kill', 'cancel']),
    state: terminalStateShape,
    error: optional(failureShape),
    timedOut: optional(yes),
  }),
  'block.swept': event<model.BlockSwept>('block.swept', { execution, run: natural }),
  'values.loaded': event<model.ValuesLoaded>('values.loaded', {
    execution,
    ...task,
    loop: record<model.ValuesLoaded['loop']>(values),
  }),
  'iteration.ended': event<model.IterationEnded>('iteration.ended', {
    execution,
    run: natural,
    parent: natural,
    index: natural,
    key: optional(text),
    state: terminalStateShape,
    outputs: json,
    error: optional(failureShape),
    drops: list(natural),
    wasDetached: optional(yes),
  }),
  'task.scheduled': event<model.TaskScheduled>('task.scheduled', {
    execution,
    ...task,
    dispatch: natural,
    attempt: natural,
    namespace: text,
    flow: text,
    revision: natural,
    workerGroup: text,
    idempotencyKey: text,
    properties: object,
    deferred: list(deferredShape),
    timeoutMs: optional(natural),
    reason: optional(oneOf(['worker-gone', 'stale'])),
    traceparent: optional(text),
  }),
  'task.started': event<model.TaskStartedOnWorker>('task.started', {
    execution,
    run: natural,
    dispatch: natural,
    worker: text,
  }),
  'task.sleeping': event<model.TaskSleeping>('task.sleeping', {
    execution,
    ...task,
    attempt: natural,
    untilMs: milliseconds,
    timeoutAtMs: optional(milliseconds),
  }),
  'task.retrying': event<model.TaskRetrying>('task.retrying', {
    execution,
    ...task,
    attempt: natural,
    error: failureShape,
    outcome: outcomeShape,
    untilMs: milliseconds,
    keyNumber: natural,
    startedAtMs: optional(milliseconds),
    cancels: optional(cancels),
    drops: optional(list(natural)),
    dropsItems: optional(yes),
  }),
  'task.ended': event<model.TaskEnded>('task.ended', {
    execution,
    seq: optional(natural),
    about: aboutShape,
    ...task,
    attempt: natural,
    state: terminalStateShape,
    outputs: json,
    error: optional(failureShape),
    outcome: optional(outcomeShape),
    startedAtMs: optional(milliseconds),
    log: optional(record({ level: oneOf(logLevels), message: text })),
    variables: optional(record({ set: object, unset: list(text) })),
    labels: optional(textMap),
    cancels: optional(cancels),
    dropsItems: optional(yes),
    detaches: optional(natural),
    wasDetached: optional(yes),
  }),
  'start.duplicate': event<model.StartDuplicate>('start.duplicate', {
    requestedId: executionIdShape,
    execution,
  }),
  'start.rejected': event<model.StartRejected>('start.rejected', {
    requestedId: optional(executionIdShape),
    namespace: optional(text),
    flow: optional(text),
    trigger: nullable(text),
    reason: text,
    message: text,
    origin: originShape,
    preview: text,
    source: optional(sourceShape),
  }),
  'command.held': event<model.CommandHeld>('command.held', {
    execution,
    command: endExecutionShape,
    offset: natural,
  }),
  'command.forwarded': event<model.CommandForwarded>('command.forwarded', {
    execution,
    start: startShape,
    origin: originShape,
  }),
  'command.rejected': event<model.CommandRejected>('command.rejected', {
    entity: text,
    command: text,
    rejection: record<CommandRejection>({
      code: textOf<CommandRejection['code']>(),
      message: text,
      details: optional(json),
    }),
    deadLetter: optional(record({ reason: text, origin: originShape, preview: text })),
  }),
};

/** The owner's own records beside the engine's events, but for `partition.opened`. */
export type OwnRecord =
  { readonly type: 'input.began'; readonly what: string } | { readonly type: 'noop' };

/** Every record of `events` with a full position header. */
export const positionedShape: Shape<model.Event | OwnRecord> = variants<
  model.Event | OwnRecord,
  'type'
>('type', {
  ...eventShapes,
  'input.began': record({ type: oneOf(['input.began']), what: text }),
  noop: record({ type: oneOf(['noop']) }),
});

/** The first record of an epoch. */
export const openedShape = record<{
  readonly type: 'partition.opened';
  readonly member: string;
  readonly timeMs: number;
}>({ type: oneOf(['partition.opened']), member: text, timeMs: milliseconds });
