/**
 * One aligned line for each event, for people: `millrace events tail`, golden traces, failing tests. Ids are
 * shortened to their last six characters, task runs are written `/2`, public sequence numbers `#3`.
 */
import type { Cause } from '../model/cause.ts';
import type {
  BlockOpened,
  Event,
  ExecutionCreated,
  ExecutionEnding,
  IterationEnded,
  LoopValues,
  StageEntered,
  TaskEnded,
  TaskRetrying,
  TaskScheduled,
} from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { iterationsOf, taskLabel } from '../model/iterations.ts';
import type { RecordOrigin } from '../model/starts.ts';
import { never } from '../support/never.ts';

/** Where an event lies. */
export interface EventPlace {
  readonly partition: number;
  readonly offset: number;
}

const ID_CHARACTERS = 6;
const VALUE_CHARACTERS = 160;
const TYPE_WIDTH = 17;

export function formatEvent(event: Event, where: EventPlace): string {
  const place = `${where.partition}:${where.offset}`.padEnd(6);
  const columns = [place, clock(event.time), entityOf(event), event.type.padEnd(TYPE_WIDTH)];
  const words = [...summary(event), `<${causeText(event.cause)}`];
  const line = [...columns, ...words.filter((word) => word !== '')].join(' ');
  // One line, and no control sequences for a terminal, whatever data and messages hold.
  return line.replace(/\p{Cc}/gu, ' ');
}

/** The last characters of an id: they differ where ids were drawn in a row. */
export function shortId(id: string): string {
  return id.length === 26 ? id.slice(-ID_CHARACTERS) : id;
}

function entityOf(event: Event): string {
  switch (event.type) {
    case 'start.duplicate':
      return shortId(event.requestedId);
    case 'start.rejected':
      return event.requestedId === undefined
        ? '-'.padEnd(ID_CHARACTERS)
        : shortId(event.requestedId);
    case 'command.rejected':
      return shortId(event.entity);
    default:
      return shortId(event.execution);
  }
}

function summary(event: Event): readonly string[] {
  switch (event.type) {
    case 'execution.created':
      return createdWords(event);
    case 'execution.ending':
      return endingWords(event);
    case 'execution.ended':
      return [
        `#${event.seq}`,
        event.state,
        value('outputs', event.outputs),
        failureText(event.error),
      ];
    case 'block.opened':
      return openedWords(event);
    case 'stage.entered':
      return [`/${event.run}`, event.stage, stageAttempt(event), event.state, ...errorWords(event)];
    case 'block.stopping':
      return [`/${event.run}`, event.mode, event.state, timedOutText(event), ...errorWords(event)];
    case 'block.swept':
      return [`/${event.run}`];
    case 'values.loaded':
      return [...runWords(event), valuesText(event.loop)];
    case 'iteration.ended':
      return iterationWords(event);
    case 'task.retrying':
      return retryingWords(event);
    case 'task.scheduled':
      return scheduledWords(event);
    case 'task.started':
      return [`/${event.run}`, `dispatch=${event.dispatch}`, `worker=${event.worker}`];
    case 'task.sleeping':
      return [
        ...runWords(event),
        attemptText(event.attempt),
        `until=${clock(event.untilMs)}`,
        timeoutText(event.timeoutAtMs),
      ];
    case 'task.ended':
      return endedWords(event);
    case 'start.duplicate':
      return [`of=${shortId(event.execution)}`];
    case 'start.rejected':
      return [`${event.reason}:`, event.message, `at=${originText(event.origin)}`];
    case 'command.held':
      return [event.command.type];
    case 'command.forwarded':
      return [
        `${event.start.namespace}/${event.start.flow}`,
        text('key', event.start.idempotencyKey),
        `at=${originText(event.origin)}`,
      ];
    case 'command.rejected':
      return [event.command, `${event.rejection.code}:`, event.rejection.message];
    default:
      return never(event);
  }
}

function createdWords(event: ExecutionCreated): readonly string[] {
  const { trigger, keyWindow } = event;
  const by = trigger.id === null ? trigger.type : `${trigger.type}:${trigger.id}`;
  return [
    `#${event.seq}`,
    `${event.namespace}/${event.flow}@${event.revision}`,
    `by=${by}`,
    filled('inputs', event.inputs),
    filled('vars', event.variables),
    filled('labels', event.labels),
    filled('globals', event.globals),
    timeoutText(event.timeoutAtMs),
    keyWindow === undefined ? '' : `key=${event.idempotencyKey ?? ''}@${keyWindow.number}`,
  ];
}

function endingWords(event: ExecutionEnding): readonly string[] {
  return [
    event.mode,
    event.state,
    event.repeated === true ? 'repeated' : '',
    timedOutText(event),
    text('reason', event.reason),
    failureText(event.error),
  ];
}

function errorWords(event: Pick<StageEntered, 'error' | 'detaches'>): readonly string[] {
  return [failureText(event.error), detachesText(event)];
}

function timedOutText({ timedOut }: Pick<ExecutionEnding, 'timedOut'>): string {
  return timedOut === true ? 'timed-out' : '';
}

function scheduledWords(event: TaskScheduled): readonly string[] {
  const { deferred, reason } = event;
  const paths = deferred.map(({ path }) => path.join('.'));
  return [
    ...runWords(event),
    attemptText(event.attempt),
    `dispatch=${event.dispatch}`,
    `to=${event.workerGroup}`,
    `key=${shortKey(event.idempotencyKey)}`,
    filled('properties', event.properties),
    paths.length === 0 ? '' : `deferred=${paths.join(',')}`,
    event.timeoutMs === undefined ? '' : `timeout=${event.timeoutMs}ms`,
    reason ?? '',
  ];
}

function endedWords(event: TaskEnded): readonly string[] {
  const { log, variables, outcome, seq } = event;
  return [
    seq === undefined ? '' : `#${seq}`,
    ...runWords(event),
    attemptText(event.attempt),
    event.state,
    event.outputs === null ? '' : filled('outputs', event.outputs),
    log === undefined ? '' : `log=${log.level} ${JSON.stringify(cut(log.message))}`,
    variables === undefined ? '' : filled('set', variables.set),
    variables === undefined || variables.unset.length === 0 ? '' : value('unset', variables.unset),
    event.labels === undefined ? '' : value('labels', event.labels),
    failureText(event.error),
    outcome === undefined ? '' : `outcome=${outcome}`,
    cancelsText(event),
    detachesText(event),
    event.wasDetached === true ? 'was-detached' : '',
  ];
}

function openedWords(event: BlockOpened): readonly string[] {
  const { branch, loop, failFast } = event;
  return [
    ...runWords(event),
    attemptText(event.attempt),
    branch === undefined ? '' : `branch=${branch ?? 'none'}`,
    loop === undefined ? '' : valuesText(loop),
    loop?.pages === undefined ? '' : `total=${event.total}`,
    failFast === undefined ? '' : `fail-fast=${failFast}`,
    timeoutText(event.timeoutAtMs),
  ];
}

function valuesText({ keys, values }: Pick<LoopValues, 'keys' | 'values'>): string {
  return value('values', keys ?? values);
}

function iterationWords(event: IterationEnded): readonly string[] {
  return [
    `/${event.parent}/${event.run}`,
    `[${event.index}]`,
    event.state,
    event.outputs === null ? '' : value('outputs', event.outputs),
    failureText(event.error),
    event.drops.length === 0 ? '' : `drops=${cut(event.drops.join(','))}`,
    event.wasDetached === true ? 'was-detached' : '',
  ];
}

function retryingWords(event: TaskRetrying): readonly string[] {
  const { outcome, drops = [] } = event;
  return [
    ...runWords(event),
    `attempt=${event.attempt}`,
    failureText(event.error),
    `outcome=${outcome}`,
    `until=${clock(event.untilMs)}`,
    `next-key=${event.keyNumber}`,
    cancelsText(event),
    drops.length === 0 ? '' : `drops=${cut(drops.join(','))}`,
  ];
}

function runWords(event: OfRun): readonly string[] {
  return [run(event), `${event.task}(${event.taskType})`];
}

type OfRun = Pick<TaskEnded, 'run' | 'parent' | 'task' | 'taskType' | 'iteration'>;

function run({ run: ordinal, parent, iteration }: OfRun): string {
  const id = parent === 0 ? `/${ordinal}` : `/${parent}/${ordinal}`;
  return taskLabel(id, iterationsOf(iteration));
}

function stageAttempt({ attempt }: StageEntered): string {
  return attempt === undefined ? '' : attemptText(attempt);
}

/** The first attempt goes without saying. */
function attemptText(attempt: number): string {
  return attempt === 1 ? '' : `attempt=${attempt}`;
}

function timeoutText(dueMs: number | undefined): string {
  return dueMs === undefined ? '' : `timeout=${clock(dueMs)}`;
}

function cancelsText({ cancels }: Pick<TaskEnded, 'cancels'>): string {
  return cancels === undefined ? '' : `cancels=${cancels.workerGroup}/${cancels.dispatch}`;
}

function detachesText({ detaches }: Pick<TaskEnded, 'detaches'>): string {
  return detaches === undefined ? '' : `detaches=${detaches}`;
}

function causeText(cause: Cause): string {
  switch (cause.kind) {
    case 'start':
      return `start@${cause.offset}`;
    case 'command':
      return `command@${cause.offset}${cause.replyTo === undefined ? '' : ` reply=${cause.replyTo.request}`}`;
    case 'worker-gone':
      return `worker-gone ${cause.worker}`;
    case 'dispatch-stale':
      return `stale dispatch=${cause.dispatch}`;
    case 'effect-refused':
      return `refused@${cause.offset}.${cause.index}`;
    case 'timer':
    case 'continue':
      return cause.kind;
    case 'command-failed':
      return `failed ${JSON.stringify(cut(cause.message))}`;
    default:
      return never(cause);
  }
}

function failureText(failure: Failure | undefined): string {
  if (failure === undefined) return '';
  const { taskId, iterations } = failure;
  const at = taskId === undefined ? '' : ` at ${taskLabel(taskId, iterations)}`;
  const outputs = failure.outputs === undefined ? '' : ` ${value('with', failure.outputs)}`;
  return `error=${failure.code}${at}: ${cut(failure.message)}${outputs}`;
}

function originText({ topic, partition, offset }: RecordOrigin): string {
  return `${topic}/${partition}/${offset}`;
}

/** Our own keys repeat the execution's id. */
function shortKey(key: string): string {
  const own = /^millrace-(\w{26})-(\d+-\d+)$/.exec(key);
  return own === null ? key : `${shortId(own[1] ?? '')}-${own[2] ?? ''}`;
}

function value(name: string, json: unknown): string {
  return `${name}=${cut(JSON.stringify(json))}`;
}

function filled(name: string, json: unknown): string {
  const written = JSON.stringify(json);
  return written === '{}' ? '' : `${name}=${cut(written)}`;
}

function text(name: string, given: string | undefined): string {
  return given === undefined ? '' : `${name}=${JSON.stringify(cut(given))}`;
}

function cut(line: string): string {
  const more = line.length - VALUE_CHARACTERS;
  return more <= 0 ? line : `${line.slice(0, VALUE_CHARACTERS)}…+${more}`;
}

/** UTC, as the log has it. */
function clock(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
