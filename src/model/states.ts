/** Kestra's words, which users know. */
export const executionStates = [
  'CREATED',
  'QUEUED',
  'RUNNING',
  'PAUSED',
  'RETRYING',
  'RETRIED',
  'RESTARTED',
  'KILLING',
  'SUCCESS',
  'WARNING',
  'FAILED',
  'KILLED',
  'CANCELLED',
  'SKIPPED',
] as const;
export type State = (typeof executionStates)[number];

export const terminalStates = [
  'SUCCESS',
  'WARNING',
  'FAILED',
  'KILLED',
  'CANCELLED',
  'SKIPPED',
] as const;
export type TerminalState = (typeof terminalStates)[number];

const terminal: ReadonlySet<State> = new Set(terminalStates);

export function isTerminal(state: State): state is TerminalState {
  return terminal.has(state);
}
