/**
 * Every limit of the product with its unit (invariant 13): what happens at each stands beside it. The
 * table in docs/limits.md is generated from here.
 */
export interface Limit {
  readonly value: number;
  readonly unit:
    | 'bytes'
    | 'records'
    | 'events'
    | 'ms'
    | 'commands'
    | 'executions'
    | 'slots'
    | 'levels'
    | 'lines'
    | 'attempts';
  readonly meaning: string;
}

export const limits = {
  stepEvents: {
    value: 64,
    unit: 'events',
    meaning: 'A step stops here; the rest is an agenda that goes on in the next step.',
  },
  stepBytes: {
    value: 512 * 1024,
    unit: 'bytes',
    meaning: 'As stepEvents, by estimated size of the events.',
  },
  batchBytes: {
    value: 900 * 1024,
    unit: 'bytes',
    meaning: 'A record batch is cut here, on a step boundary.',
  },
  recordBytes: {
    value: 900 * 1024,
    unit: 'bytes',
    meaning: 'The largest record; a larger one is refused with `too-large`.',
  },
  inlineValueBytes: {
    value: 256 * 1024,
    unit: 'bytes',
    meaning: 'A larger value travels as a reference to the blob store.',
  },
  taskOutputsBytes: {
    value: 320 * 1024,
    unit: 'bytes',
    meaning:
      'Outputs of a worker task, or properties of a dispatch, as JSON with references; more fails the task.',
  },
  startBytes: {
    value: 512 * 1024,
    unit: 'bytes',
    meaning: 'Inputs, variables, trigger and labels of a start together; more is refused.',
  },
  labelsBytes: {
    value: 8 * 1024,
    unit: 'bytes',
    meaning: 'Labels of one execution together, as JSON; its records repeat them.',
  },
  failureBytes: {
    value: 32 * 1024,
    unit: 'bytes',
    meaning: 'The message of a failure, and its details; a longer message is cut.',
  },
  jsonDepth: {
    value: 200,
    unit: 'levels',
    meaning: 'How deep JSON from outside may nest; deeper is refused where it comes in.',
  },
  ownJsonDepth: {
    value: 1_000,
    unit: 'levels',
    meaning:
      'As jsonDepth, for starts from our own senders: what came from outside stands within more.',
  },
  idempotencyKeyBytes: {
    value: 1_024,
    unit: 'bytes',
    meaning: 'The largest idempotency key; a start with a larger one is refused.',
  },
  previewBytes: {
    value: 1_024,
    unit: 'bytes',
    meaning: 'How much of a refused record a dead letter shows.',
  },
  pageBytes: {
    value: 64 * 1024,
    unit: 'bytes',
    meaning: 'The size of a checkpoint page that is aimed at.',
  },
  entityDirtyBytes: {
    value: 512 * 1024,
    unit: 'bytes',
    meaning: 'An entity with this much unsaved state is written to checkpoints at once.',
  },
  unacknowledgedEffects: {
    value: 10_000,
    unit: 'records',
    meaning:
      'Effects of a partition that wait for their acknowledgement; at the limit it takes no input.',
  },
  unacknowledgedEffectBytes: {
    value: 32 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'As unacknowledgedEffects, by size.',
  },
  heldCommands: {
    value: 1_000,
    unit: 'commands',
    meaning: 'Commands of a partition that overtook their start; beyond it they are rejected.',
  },
  keyWindowEntries: {
    value: 100_000,
    unit: 'records',
    meaning: 'Idempotency keys that a partition remembers; the oldest go first.',
  },
  keyWindowMs: {
    value: 24 * 3_600_000,
    unit: 'ms',
    meaning: 'How long an idempotency key is remembered.',
  },
  sourceForgottenMs: {
    value: 24 * 3_600_000,
    unit: 'ms',
    meaning: 'A source of an API process is forgotten this long after its last record.',
  },
  keyedAnswerMs: {
    value: 5_000,
    unit: 'ms',
    meaning: 'How long the API waits for the id of a keyed start, then 503.',
  },
  forwardedStartHeldMs: {
    value: 60_000,
    unit: 'ms',
    meaning:
      'How long a forwarded start, and the commands behind it, wait for the replica of `flows`; then it goes to `dlq`.',
  },
  queuedInputs: {
    value: 5_000,
    unit: 'records',
    meaning: 'Inputs of a partition read and not yet stepped; at the limit its `starts` is paused.',
  },
  queuedInputBytes: {
    value: 16 * 1024 * 1024,
    unit: 'bytes',
    meaning:
      'As queuedInputs, by size; at the limit neither `starts` nor `commands` is read until it drains.',
  },
  turnMs: {
    value: 20,
    unit: 'ms',
    meaning: 'A loop of the executor lets other work of the process run after this.',
  },
  checkpointSliceBytes: {
    value: 256 * 1024,
    unit: 'bytes',
    meaning:
      'Checkpoint pages that are made at one acknowledgement, while a checkpoint is written.',
  },
  queuedPageBytes: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'Checkpoint pages that wait to be written; beyond it the partition takes no input.',
  },
  carefulInputs: {
    value: 100,
    unit: 'records',
    meaning: 'Inputs that an owner takes one by one after two openings without progress.',
  },
  blockDepth: {
    value: 64,
    unit: 'levels',
    meaning: 'How deep blocks may nest; deeper is a validation error.',
  },
  retryAttempts: {
    value: 10_000,
    unit: 'attempts',
    meaning:
      'The largest `maxAttempts` of a retry, and what it is when only `maxDuration` is given.',
  },
  failuresKept: {
    value: 32,
    unit: 'records',
    meaning: 'Failures of an execution that `error.all` lists: the first ones.',
  },
  timeoutBackstopMs: {
    value: 30_000,
    unit: 'ms',
    meaning: 'A worker that has not ended a task this long after its `timeout` is not waited for.',
  },
  retryDelayMs: {
    value: 365 * 24 * 3_600_000,
    unit: 'ms',
    meaning: 'The longest wait between two attempts; a longer one is cut.',
  },
  loopValues: {
    value: 100_000,
    unit: 'records',
    meaning: 'Values that one `foreach` goes through; more fail the task.',
  },
  loopPageBytes: {
    value: 128 * 1024,
    unit: 'bytes',
    meaning:
      'Values of a `foreach` that have more than inlineValueBytes are brought by workers in pages of this size; a larger value among them is a reference.',
  },
  loopPages: {
    value: 8,
    unit: 'records',
    meaning:
      'Pages of values that a `foreach` holds; the next one is fetched when an older one is done with.',
  },
  flowDefinitions: {
    value: 2_000,
    unit: 'records',
    meaning: 'Revisions that a process keeps compiled; others are read again from their source.',
  },
  flowDepth: {
    value: 400,
    unit: 'levels',
    meaning: 'How deep values of a flow file may nest, blocks included.',
  },
  flowTokens: {
    value: 100_000,
    unit: 'records',
    meaning: 'Words, brackets and spaces of a flow file: what its reading may cost.',
  },
  flowDiagnostics: {
    value: 100,
    unit: 'lines',
    meaning: 'What is said about one flow file; the last line counts the rest.',
  },
  flowNodes: {
    value: 25_000,
    unit: 'records',
    meaning: 'Values in a flow file, aliases counted as what they stand for.',
  },
  flowSourceBytes: { value: 512 * 1024, unit: 'bytes', meaning: 'The largest flow file.' },
  logMessageBytes: {
    value: 32 * 1024,
    unit: 'bytes',
    meaning: 'A longer log line is cut, and says so.',
  },
  taskLogLinesPerSecond: {
    value: 10_000,
    unit: 'lines',
    meaning: 'What a dispatch of a task may log in a second; more is dropped, and the log says so.',
  },
  taskLogLines: {
    value: 200_000,
    unit: 'lines',
    meaning: 'What a dispatch of a task may log in all; more is dropped, and the log says so.',
  },
  taskLogWaitingBytes: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    meaning:
      'Lines of a dispatch that wait for the log; beyond it lines are dropped, and the log says so.',
  },
  leaseAfterMs: {
    value: 1_000,
    unit: 'ms',
    meaning: 'A task that runs longer takes a lease, so that its offset may move on.',
  },
  expressionEvaluateMs: {
    value: 1_000,
    unit: 'ms',
    meaning: 'An expression evaluated by a worker is ended after this.',
  },
  expressionEvaluateBytes: {
    value: 64 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'As expressionEvaluateMs, by memory of its thread.',
  },
  viewExecutions: {
    value: 200_000,
    unit: 'executions',
    meaning: 'Executions that the views keep; the oldest ended ones go first.',
  },
  viewValueBytes: {
    value: 8 * 1024,
    unit: 'bytes',
    meaning: 'A larger value stands in the views as a preview with its size.',
  },
  triggerStateBytes: {
    value: 256 * 1024,
    unit: 'bytes',
    meaning: 'What a poll or clock trigger may remember, as JSON; more fails its run.',
  },
  openStreams: {
    value: 1_000,
    unit: 'records',
    meaning: 'Server-sent event streams of a process; beyond it 503.',
  },
  streamWaitingBytes: {
    value: 1024 * 1024,
    unit: 'bytes',
    meaning: 'What waits for a slow reader of a stream; at the limit nothing more is read for it.',
  },
  streamStalledMs: {
    value: 60_000,
    unit: 'ms',
    meaning: 'A reader of a stream that takes nothing for this long is cut off; it may resume.',
  },
} as const satisfies Readonly<Record<string, Limit>>;
