import type { TriggerKind } from '../model/catalog.ts';
import type { StatusRecord, TriggerState } from '../model/triggers.ts';
import { keyOf } from './target.ts';
import type { TriggerBoard } from './trigger-board.ts';
import type { FlowTrigger } from './trigger-properties.ts';

/** A trigger as people ask for it: what its flow says, who has switched it, what its processes do. */
export interface TriggerOverview {
  readonly key: string;
  readonly state: TriggerState;
  /** Why it is not RUNNING. */
  readonly message: string | undefined;
  /** Events that there are and that it has not taken. */
  readonly lag: number | undefined;
  readonly lastFireMs: number | undefined;
  readonly nextFireMs: number | undefined;
  readonly lastError: { readonly message: string; readonly timeMs: number } | undefined;
  readonly processes: readonly ProcessOverview[];
}

export interface ProcessOverview {
  readonly process: string;
  readonly host: string | undefined;
  /** Its number on that host. */
  readonly processId: number | undefined;
  readonly state: TriggerState;
  readonly lag: number | undefined;
}

export function overviewOf(
  found: FlowTrigger,
  kind: TriggerKind | undefined,
  board: TriggerBoard,
): TriggerOverview {
  const key = keyOf(found);
  const statuses = board.statusesOf(key);
  return {
    key,
    ...stateOf(found, kind, board, statuses),
    lag: sumOf(statuses.flatMap(({ lag }) => lag ?? [])),
    lastFireMs: greatest(statuses.flatMap(({ lastFireMs }) => lastFireMs ?? [])),
    nextFireMs: greatest(statuses.flatMap(({ nextFireMs }) => nextFireMs ?? [])),
    lastError: lastErrorOf(statuses),
    processes: statuses.map(({ process, state, lag }) => ({
      process,
      host: board.processOf(process)?.host,
      processId: board.processOf(process)?.processId,
      state,
      lag,
    })),
  };
}

type State = Pick<TriggerOverview, 'state' | 'message'>;

function stateOf(
  found: FlowTrigger,
  kind: TriggerKind | undefined,
  board: TriggerBoard,
  statuses: readonly StatusRecord[],
): State {
  const { flow, definition } = found;
  const key = keyOf(found);
  if (flow.disabled) return { state: 'DISABLED', message: 'the flow has disabled: true' };
  if (definition.disabled) return { state: 'DISABLED', message: 'it has disabled: true' };
  if (board.switchOf(key)?.enabled === false) {
    return { state: 'DISABLED', message: 'somebody disabled it: `millrace triggers enable`' };
  }
  const pause = board.pauseOf(key, flow.revision);
  if (pause !== undefined) {
    const message = `${pause.reason}: ${pause.message}`;
    return { state: 'PAUSED', message };
  }
  if (kind === 'request') return { state: 'RUNNING', message: undefined };
  return worstOf(statuses);
}

const gravity: readonly TriggerState[] = ['FAILING', 'WAITING', 'PAUSED', 'DISABLED', 'RUNNING'];

function worstOf(statuses: readonly StatusRecord[]): State {
  for (const state of gravity) {
    const one = statuses.find((status) => status.state === state);
    if (one !== undefined) return { state, message: one.message };
  }
  return { state: 'WAITING', message: 'no trigger process runs it' };
}

function lastErrorOf(statuses: readonly StatusRecord[]): TriggerOverview['lastError'] {
  const errors = statuses.flatMap(({ lastError, lastErrorMs }) =>
    lastError === undefined || lastErrorMs === undefined
      ? []
      : [{ message: lastError, timeMs: lastErrorMs }],
  );
  return errors.sort((one, other) => other.timeMs - one.timeMs)[0];
}

function sumOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

function greatest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}
