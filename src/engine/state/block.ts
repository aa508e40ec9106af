/**
 * How far a block has come: the flow's own list, a block's run, or one iteration of a loop. Pure transitions;
 * each takes the former value and what an event says, and nothing else (see execution.ts).
 */
import type { BlockStage, FailFast, StopMode } from '../../model/events.ts';
import type { Failure } from '../../model/failure.ts';
import { limits } from '../../model/limits.ts';
import type { TerminalState } from '../../model/states.ts';

export interface BlockState {
  readonly stage: BlockStage;
  /** Children of the stage; of a loop its iterations. */
  readonly total: number;
  /** How many may run at once; 0 = all. */
  readonly limit: number;
  readonly failFast: FailFast;
  /** Children that have been opened in this stage; the next one has this index. */
  readonly opened: number;
  /** Children that have not ended. */
  readonly running: number;
  /** The highest ordinal among its children: a higher one is a new child. */
  readonly lastChild: number;
  /** Children up to this ordinal are of earlier stages and attempts: detached, if they still run. */
  readonly before: number;
  /** The gravest end of a child in this stage. */
  readonly state: TerminalState;
  /** The first failure of a child in this stage. */
  readonly failure?: Failure;
  /** How many children ended FAILED. */
  readonly failed: number;
  /** What the block will end in: known when its tasks have ended. */
  readonly result?: BlockResult;
  readonly stop?: Stop;
  readonly timeoutAtMs?: number;
  /** Of a loop whose values come in pages. */
  readonly paging?: Paging;
}

/** How far the pages of a loop's values have come. */
export interface Paging {
  /** Values that have come: iterations of these may be opened. */
  readonly loaded: number;
  /** Pages of which an iteration has not ended, or not begun. */
  readonly held: number;
  /** A worker is fetching the next one. */
  readonly asked: boolean;
}

export interface BlockResult {
  readonly state: TerminalState;
  readonly error?: Failure;
}

export interface Stop extends BlockResult {
  readonly mode: StopMode;
  /** Some children may not have been told yet. */
  readonly sweeping: boolean;
}

export interface BlockShape {
  readonly total: number;
  readonly limit: number;
  readonly failFast?: FailFast;
  readonly timeoutAtMs?: number;
  readonly paging?: Paging;
}

/** @param lastChild the highest ordinal among children of former attempts. */
export function newBlock(shape: BlockShape, lastChild = 0): BlockState {
  return {
    stage: 'tasks',
    ...shape,
    failFast: shape.failFast ?? 'wait',
    opened: 0,
    running: 0,
    lastChild,
    before: lastChild,
    state: 'SUCCESS',
    failed: 0,
  };
}

/** What an end counts for its block: the gravest wins. */
const gravity: Readonly<Record<TerminalState, number>> = {
  SUCCESS: 0,
  SKIPPED: 0,
  WARNING: 1,
  CANCELLED: 2,
  KILLED: 3,
  FAILED: 4,
};

/** A child began that goes on. A run that is handed out again, or changes its phase, is not a new child. */
export function childOpened(block: BlockState, ordinal: number): BlockState {
  if (ordinal <= block.lastChild) return block;
  const { opened, running } = block;
  return { ...block, opened: opened + 1, running: running + 1, lastChild: ordinal };
}

/** A child ended; an executor-run task begins and ends in one event. */
export function childEnded(
  block: BlockState,
  child: { readonly run: number; readonly state: TerminalState; readonly error?: Failure },
): BlockState {
  if (child.run <= block.before) return block; // Detached: it is not this stage's any more.
  const isNew = child.run > block.lastChild;
  const hasFailed = child.state === 'FAILED';
  const failure = block.failure ?? (hasFailed ? child.error : undefined);
  return {
    ...block,
    opened: block.opened + (isNew ? 1 : 0),
    lastChild: isNew ? child.run : block.lastChild,
    running: block.running - (isNew ? 0 : 1),
    state: gravity[child.state] > gravity[block.state] ? child.state : block.state,
    failed: block.failed + (hasFailed ? 1 : 0),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** The next page of a loop's values is being fetched: it takes the place of an iteration, and is none. */
export function pageAsked(block: BlockState, ordinal: number): BlockState {
  if (ordinal <= block.lastChild || block.paging === undefined) return block;
  const paging = { ...block.paging, asked: true };
  return { ...block, running: block.running + 1, lastChild: ordinal, paging };
}

/** It has come. */
export function pageLoaded(block: BlockState, values: number): BlockState {
  const { paging, running } = block;
  if (paging === undefined) return block;
  const { loaded, held } = paging;
  const more = { loaded: loaded + values, held: held + 1, asked: false };
  return { ...block, running: running - 1, paging: more };
}

/** All iterations of one page have ended. */
export function pageDone(block: BlockState): BlockState {
  const { paging } = block;
  return paging === undefined ? block : { ...block, paging: { ...paging, held: paging.held - 1 } };
}

export function stageEntered(
  block: BlockState,
  next: { readonly stage: BlockStage; readonly total: number } & BlockResult,
): BlockState {
  const { stop: _stop, failure: _failure, paging: _paging, ...rest } = block;
  const { state, error } = next;
  return {
    ...rest,
    stage: next.stage,
    total: next.total,
    limit: 1,
    failFast: 'wait',
    opened: 0,
    running: 0,
    before: block.lastChild,
    state: 'SUCCESS',
    result: error === undefined ? { state } : { state, error },
  };
}

const strength: Readonly<Record<StopMode, number>> = { cancel: 0, fail: 1, kill: 2 };

/** True when a block that stops already has nothing to learn from this. */
export function isStopped(block: BlockState, mode: StopMode): boolean {
  return block.stop !== undefined && strength[block.stop.mode] >= strength[mode];
}

export function stopping(
  block: BlockState,
  given: BlockResult & { readonly mode: StopMode; readonly timedOut?: true },
): BlockState {
  const { timeoutAtMs, ...rest } = block;
  const { mode, state, error } = given;
  const asked: Stop = { mode, state, ...(error === undefined ? {} : { error }), sweeping: true };
  const stop =
    block.stop !== undefined && isStopped(block, mode) ? { ...block.stop, sweeping: true } : asked;
  const timer = given.timedOut === true || timeoutAtMs === undefined ? {} : { timeoutAtMs };
  return { ...rest, ...timer, stop };
}

export function swept(block: BlockState): BlockState {
  return block.stop === undefined ? block : { ...block, stop: { ...block.stop, sweeping: false } };
}

/** Nothing more of this stage begins: a child ended in a way that lets no other begin, or it stops. */
export function isOver({ state, stop }: BlockState): boolean {
  return stop !== undefined || (state !== 'SUCCESS' && state !== 'WARNING');
}

export function mayOpen(block: BlockState): boolean {
  const { opened, total, paging } = block;
  return opened < (paging?.loaded ?? total) && hasRoom(block);
}

/** The next iteration of a loop would be opened, if its value were there. */
export function wantsPage(block: BlockState): boolean {
  const { opened, total, paging } = block;
  if (paging === undefined || paging.asked || paging.held >= limits.loopPages.value) return false;
  return opened === paging.loaded && opened < total && hasRoom(block);
}

function hasRoom(block: BlockState): boolean {
  return !isOver(block) && (block.limit === 0 || block.running < block.limit);
}

/**
 * True when there is something to do for the block now: this is what the agenda of an execution is made of.
 *
 * @param detached task runs that the execution waits for, of the flow's own list.
 */
export function wantsLook(block: BlockState, detached = 0): boolean {
  const { stage, stop, running, failFast, state } = block;
  if (stop?.sweeping === true) return true;
  if (stage === 'waiting') return detached === 0;
  if (running === 0 || mayOpen(block) || wantsPage(block)) return true;
  return stop === undefined && failFast !== 'wait' && state === 'FAILED';
}
