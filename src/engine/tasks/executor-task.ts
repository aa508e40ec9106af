import type { TaskDefinition } from '../../flow/definition.ts';
import type { TaskType } from '../../model/catalog.ts';
import type { FailFast, LoopValues } from '../../model/events.ts';
import type { FailureCode } from '../../model/failure.ts';
import type { LogLevel } from '../../model/records.ts';
import type { TerminalState } from '../../model/states.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import type { FirstPage } from './values-page.ts';

/** A task type that the executor runs itself: what flows may write, and what it does. Pure. */
export type ExecutorTask = LeafTask | SleepTask | BlockTask;

/** Begins and ends in one event. */
export interface LeafTask {
  readonly kind: 'leaf';
  readonly type: TaskType;
  /** Properties are evaluated; their types are not yet checked where an expression gave them. */
  run(properties: JsonObject, context: TaskContext): LeafResult;
}

/** Waits for a time. */
export interface SleepTask {
  readonly kind: 'sleep';
  readonly type: TaskType;
  /** When it ends, ms since 1970. */
  until(properties: JsonObject, nowMs: number): UntilResult;
}

/** Has child tasks; ends when they have. */
export interface BlockTask {
  readonly kind: 'block';
  readonly type: TaskType;
  /**
   * What it runs, by its properties, which are evaluated; or what it must be given before it can say.
   *
   * @param page what it has asked for.
   */
  open(
    properties: JsonObject,
    task: TaskDefinition,
    page?: FirstPage,
  ): BlockOpening | ValuesWanted | TaskProblem;
}

/** The first page of a loop's values: they are kept as a reference, and a worker has to look. */
export interface ValuesWanted {
  readonly ok: true;
  readonly wants: 'values';
}

export interface BlockOpening {
  readonly ok: true;
  /** Children that it opens; of a loop its iterations. */
  readonly total: number;
  /** How many at once; 0 = all. */
  readonly limit: number;
  readonly failFast?: FailFast;
  /** Of a choice: the list that is run, by its path in {@link TaskDefinition.children}; null for none. */
  readonly branch?: string | null;
  /** Of a loop. */
  readonly loop?: Omit<LoopValues, 'run'>;
}

export interface TaskContext {
  readonly task: TaskDefinition;
  /** As they are before the task. */
  readonly variables: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
}

export type LeafResult = LeafSuccess | TaskProblem;

/** Children one after the other. */
export function oneByOne(children: readonly TaskDefinition[] | undefined): BlockOpening {
  return { ok: true, total: children?.length ?? 0, limit: 1 };
}

export type UntilResult = { readonly ok: true; readonly untilMs: number } | TaskProblem;

export interface LeafSuccess {
  readonly ok: true;
  readonly outputs: JsonObject;
  readonly log?: { readonly level: LogLevel; readonly message: string };
  readonly variables?: { readonly set: JsonObject; readonly unset: readonly string[] };
  readonly labels?: Readonly<Record<string, string>>;
  /** The task ends the execution with this state. */
  readonly exit?: TerminalState;
}

export interface TaskProblem {
  readonly ok: false;
  readonly code: FailureCode;
  readonly message: string;
  readonly details?: JsonObject;
}

export function problem(code: FailureCode, message: string): TaskProblem {
  return { ok: false, code, message };
}

/** A property that an expression gave a wrong value, which is shown where there is one. */
export function invalidProperty(property: string, wanted: string, given?: Json): TaskProblem {
  const details = { property };
  return {
    ok: false,
    code: 'properties.invalid',
    message: `${property} must be ${wanted}${given === undefined ? '' : `, and is ${shown(given)}`}`,
    details,
  };
}

const SHOWN_CHARACTERS = 60;

/** As JSON, so that a text that looks like a list is seen to be a text. */
function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

export function done(outputs: JsonObject = {}): LeafSuccess {
  return { ok: true, outputs };
}
