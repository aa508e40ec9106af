import type { Api } from './api.ts';
import { checkEffects } from './check-effects.ts';
import { checkExecution } from './check-execution.ts';
import { checkFailures } from './check-failures.ts';
import { checkPublicRecords } from './check-public-records.ts';
import { checkPromises, checkStarts } from './check-starts.ts';
import { checkViews } from './check-views.ts';
import { checkTriggers } from './check-triggers.ts';
import type { Promised } from './client.ts';
import type { History } from './history.ts';
import type { Listening } from './listening.ts';
import type { Outside } from './outside.ts';
import type { SqliteViews } from '../../src/adapters/sqlite/views.ts';

export interface Ended {
  readonly history: History;
  readonly promised: Promised;
  readonly outside: Outside;
  readonly listening: Listening | undefined;
  /** They lived through it all. */
  readonly views: SqliteViews;
  /** The api process that is alive at the end. */
  readonly api: Api | undefined;
}

/**
 * What must be true at the end of any history (quality.md, "Faults"): every start in the log has ended as one
 * execution; each effect happened, under one key a task run; each history is legal and its public numbers are
 * gapless; whoever waits for an answer has got it; and the views equal a replay from the start.
 */
export async function check(ended: Ended): Promise<readonly string[]> {
  const { history, promised, outside, listening, views, api } = ended;
  return [
    ...history.problems,
    ...checkStarts(history),
    ...checkPromises(history, promised, api),
    ...[...history.byExecution].flatMap(([id, events]) => checkExecution(id, events)),
    ...checkFailures(history),
    ...checkPublicRecords(history),
    ...checkEffects(history, outside),
    ...(listening === undefined ? [] : checkTriggers(listening, history)),
    ...(await checkViews(history, views)),
  ];
}
